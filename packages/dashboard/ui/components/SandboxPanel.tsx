import { useEffect, useState } from 'preact/hooks'
import { post } from '../live.ts'
import { clockTime } from '../words.ts'

interface Counters {
  readonly tokenRequests: number
  readonly tokenFailures: number
  readonly apiCalls: number
  readonly apiRejections: number
}
interface SandboxCarrier {
  readonly id: string
  readonly counters: Counters
}
interface WireRequest {
  readonly at: number
  readonly endpoint: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

const BREAK = { endpoint: 'token', fault: 'unavailable' }
const ACTIONS = [
  ['revoke', 'Revoke tokens', {}],
  ['rotate', 'Rotate secret', {}],
  ['lock', 'Lock', {}],
  ['unlock', 'Unlock', {}],
  ['fault', 'Break token endpoint', BREAK],
  ['clear', 'Heal', {}],
] as const
const MINUTE = 60_000

async function read<T>(path: string): Promise<T | undefined> {
  const response = await fetch(`sandbox/${path}`)
  return response.ok ? ((await response.json()) as T) : undefined
}

/** The carriers of a sandbox: break them, and see what arrives. */
export function SandboxPanel() {
  const [carriers, setCarriers] = useState<readonly SandboxCarrier[]>([])
  const [chosen, setChosen] = useState<string>()
  const [requests, setRequests] = useState<readonly WireRequest[]>([])
  const [outcome, setOutcome] = useState('')
  const carrier = chosen ?? carriers[0]?.id

  useEffect(() => {
    const look = async (): Promise<void> => {
      setCarriers((await read<{ carriers: SandboxCarrier[] }>('carriers'))?.carriers ?? [])
      if (carrier !== undefined) {
        setRequests(
          (await read<{ requests: WireRequest[] }>(`carriers/${carrier}/requests`))?.requests.slice(-50) ?? [],
        )
      }
    }
    void look()
    const timer = setInterval(look, 1000)
    return () => clearInterval(timer)
  }, [carrier])

  const act = async (path: string, label: string, body: object): Promise<void> => {
    setOutcome((await post(`sandbox/${path}`, body)) ?? `${label}: done`)
  }
  return (
    <section aria-label="Sandbox">
      <h2>Sandbox</h2>
      <div class="actions">
        {[1, 10, 60].map((minutes) => (
          <button
            key={minutes}
            type="button"
            onClick={() => act('clock', `Clock ${minutes} min`, { advance: minutes * MINUTE })}
          >
            Clock +{minutes} min
          </button>
        ))}
        <span role="status">{outcome}</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section class="wide" tabIndex={0} aria-label="Carriers of the sandbox">
        <table>
          <thead>
            <tr>
              {['carrier', 'token requests', 'rejected', 'API calls', 'rejected', ''].map((name, i) => (
                <th key={i} scope="col">
                  {name === '' ? <span class="sr-only">actions</span> : name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {carriers.map(({ id, counters }) => (
              <tr key={id} class={id === carrier ? 'chosen' : undefined}>
                <th scope="row">
                  <button type="button" aria-pressed={id === carrier} onClick={() => setChosen(id)}>
                    {id}
                  </button>
                </th>
                <td>{counters.tokenRequests}</td>
                <td>{counters.tokenFailures}</td>
                <td>{counters.apiCalls}</td>
                <td>{counters.apiRejections}</td>
                <td class="buttons">
                  {ACTIONS.map(([action, label, body]) => (
                    <button
                      key={action}
                      type="button"
                      aria-label={`${label}: ${id}`}
                      onClick={() => act(`carriers/${id}/${action}`, `${label} (${id})`, body)}
                    >
                      {label}
                    </button>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <h3>On the wire: {carrier ?? 'nothing'}</h3>
      <p class="hint">Every secret is replaced by a fingerprint; the same secret has the same one.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <ol class="wire" tabIndex={0} aria-label="Requests, newest first">
        {[...requests].reverse().map((request, i) => (
          <li key={requests.length - i}>
            <time>{clockTime(request.at)}</time>{' '}
            <code>
              {request.method} {request.url}
              {request.headers.authorization === undefined ? '' : `\nauthorization: ${request.headers.authorization}`}
              {request.body === null || request.body === '' ? '' : `\n\n${request.body}`}
            </code>
          </li>
        ))}
      </ol>
    </section>
  )
}
