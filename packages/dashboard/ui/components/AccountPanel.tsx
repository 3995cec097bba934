import { useState } from 'preact/hooks'
import type { Row } from '../../src/snapshot.ts'
import { features, now, post } from '../live.ts'
import { clockTime, secondsUntil, stateWords } from '../words.ts'
import { Timeline } from './Timeline.tsx'

const ACTIONS = [
  { action: 'refresh', label: 'Refresh', title: 'Forget the token and ask for another one' },
  { action: 'reset', label: 'Reset', title: 'Forget the token and the remembered rejection' },
  { action: 'ready', label: 'Check', title: 'Fetch what a first call needs' },
] as const

export function AccountPanel({ row }: { readonly row: Row }) {
  const { text, tone } = stateWords(row, now.value)
  const { counts, calls } = row
  return (
    <>
      <div class="heading">
        <h2>{row.id}</h2>
        <p class={`badge ${tone}`}>{text}</p>
      </div>
      <p class="origins">{row.origins.join('  ')}</p>
      {features.value.actions && <Actions row={row} />}
      {row.layers.map((layer, i) => (
        <Layer key={i} layer={layer} row={row} />
      ))}
      <h3>Since the dashboard started</h3>
      <dl class="figures">
        {calls !== undefined && <Figure name="calls" value={calls} />}
        {calls !== undefined && calls > 0 && (
          <Figure name="answered from cache" value={`${percent(1 - counts.tokenRequests / calls)} %`} />
        )}
        <Figure name="token requests" value={counts.tokenRequests} />
        <Figure name="tokens from the store" value={counts.tokensShared} />
        <Figure name="failed requests" value={counts.failures} />
        <Figure name="refused locally" value={counts.blocked} />
        <Figure name="401s recovered" value={`${counts.recovered} of ${counts.challenges}`} />
        <Figure name="store" value={{ none: 'none seen', healthy: 'answers', failing: 'down' }[row.store]} />
        {row.queuedUntil !== undefined && row.queuedUntil > now.value && (
          <Figure name="waits for its turn" value={`${secondsUntil(row.queuedUntil, now.value)} s`} />
        )}
      </dl>
    </>
  )
}

function Layer({ layer, row }: { readonly layer: Row['layers'][number]; readonly row: Row }) {
  const { scheme, state, blockedUntil, lastFailure } = layer
  const days: unknown = Reflect.get(layer, 'daysLeft')
  return (
    <section class="layer" aria-label={scheme}>
      <h3>
        {scheme} {state !== undefined && <small>{state}</small>}
      </h3>
      {state === undefined && <p class="note">Sent with every call.</p>}
      {state !== undefined && <Timeline layer={layer} id={row.id} />}
      {typeof days === 'number' && (
        <p class={days <= 14 ? 'note bad' : 'note'}>
          The client certificate is valid for {Math.floor(days)} more days.
        </p>
      )}
      {blockedUntil !== undefined && blockedUntil > now.value && (
        <p class="note bad">
          No token request before {clockTime(blockedUntil)}: {secondsUntil(blockedUntil, now.value)} s left. Calls are
          refused locally, nothing is sent.
        </p>
      )}
      {lastFailure !== undefined && (
        <p class="note">
          Last failure at {clockTime(lastFailure.at)}: {lastFailure.message}
        </p>
      )}
    </section>
  )
}

function Actions({ row }: { readonly row: Row }) {
  const [outcome, setOutcome] = useState('')
  return (
    <div class="actions">
      {ACTIONS.map(({ action, label, title }) => (
        <button
          key={action}
          type="button"
          title={title}
          onClick={async () => {
            setOutcome('…')
            setOutcome((await post('actions', { action, index: row.index, id: row.id })) ?? `${label}: done`)
          }}
        >
          {label}
        </button>
      ))}
      <span role="status">{outcome}</span>
    </div>
  )
}

function Figure({ name, value }: { readonly name: string; readonly value: string | number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}

function percent(part: number): string {
  return (Math.max(0, part) * 100).toFixed(1)
}
