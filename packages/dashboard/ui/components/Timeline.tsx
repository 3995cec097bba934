import type { Row } from '../../src/snapshot.ts'
import { events, now } from '../live.ts'
import { clockTime, secondsUntil } from '../words.ts'

/** The life of a token: its age, the window in which it is refreshed ahead, and the margin in which it is not used. */
export function Timeline({ layer, id }: { readonly layer: Row['layers'][number]; readonly id: string }) {
  const { expiresAt, refreshAt } = layer
  if (expiresAt === undefined || refreshAt === undefined) return null
  const lifetime = lifetimeOf(id, expiresAt) ?? (expiresAt - refreshAt) * 5
  const start = expiresAt - lifetime
  const margin = Math.min(10_000, lifetime / 10)
  const at = (time: number): number => Math.min(100, Math.max(0, ((time - start) / lifetime) * 100))
  const part = (from: number, to: number) => ({ left: `${at(from)}%`, width: `${Math.max(0, at(to) - at(from))}%` })
  const left = secondsUntil(expiresAt, now.value)
  const words =
    now.value >= expiresAt
      ? 'The token has ended.'
      : now.value >= refreshAt
        ? `In the refresh-ahead window; ${left} s left.`
        : `Refreshed ahead from ${clockTime(refreshAt)} on, in ${secondsUntil(refreshAt, now.value)} s; ends in ${left} s.`
  return (
    <figure class="timeline">
      <div class="bar" aria-hidden="true">
        <span class="age" style={part(start, Math.min(now.value, expiresAt))} />
        <span class="window" style={part(refreshAt, expiresAt - margin)} />
        <span class="margin" style={part(expiresAt - margin, expiresAt)} />
        <span class="now" style={{ left: `${at(now.value)}%` }} />
      </div>
      <div class="scale" aria-hidden="true">
        <span>{clockTime(start)}</span>
        <span class="legend">
          <i class="age" /> age <i class="window" /> refresh ahead <i class="margin" /> not used any more
        </span>
        <span>{clockTime(expiresAt)}</span>
      </div>
      <figcaption>{words}</figcaption>
    </figure>
  )
}

/** ms, from the event that told of this token. */
function lifetimeOf(id: string, expiresAt: number): number | undefined {
  const issued = events.value.findLast(
    (event) => event.type === 'token-issued' && event.id === id && Math.abs(event.expiresAt - expiresAt) < 1000,
  )
  return issued?.type === 'token-issued' ? issued.lifetime : undefined
}
