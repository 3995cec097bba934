import { matrix } from '../live.ts'

const WORDS = { ok: 'ok', failed: 'failed', running: 'running' }

/** Carriers by clients, as they go. */
export function Matrix() {
  const cells = matrix.value
  const clients = [...new Set(cells.map(({ client }) => client))]
  const carriers = [...new Set(cells.map(({ carrier }) => carrier))]
  return (
    <section aria-label="Matrix">
      <h2>Carriers and clients</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section class="wide" tabIndex={0} aria-label="Matrix of carriers and clients">
        <table>
          <thead>
            <tr>
              <th scope="col">carrier</th>
              {clients.map((client) => (
                <th key={client} scope="col">
                  {client}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {carriers.map((carrier) => (
              <tr key={carrier}>
                <th scope="row">{carrier}</th>
                {clients.map((client) => {
                  const cell = cells.find((one) => one.carrier === carrier && one.client === client)
                  return (
                    <td key={client} class={cell?.state} title={cell?.detail}>
                      {cell === undefined
                        ? ''
                        : `${WORDS[cell.state]}${cell.detail === undefined ? '' : ` · ${cell.detail}`}`}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}
