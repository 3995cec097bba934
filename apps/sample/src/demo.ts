import { parseArgs } from 'node:util'
import { startSandbox } from '@auth/sandbox'
import { carriers as allCarriers, type Carrier } from './carriers.ts'
import { clients as allClients, type Client } from './clients.ts'
import { type Cell, isRight, tryAll } from './matrix.ts'
import { startOwnApp } from './own-app.ts'
import { matrix, type Output, progress, type Traffic, verdict } from './report.ts'

export interface Parts {
  readonly carriers?: readonly Carrier[]
  readonly clients?: readonly Client[]
}

const help = ({ carriers, clients }: Required<Parts>): string => `node apps/sample/src/main.ts [options]

Starts the carriers on loopback and calls each with each client: with all credentials, with each layer missing or
wrong, and through an Express application of its own. Exits with 0 only if every call ended as it should.

  --carrier <id>  only this carrier; may be repeated: ${carriers.map(({ id }) => id).join(', ')}
  --client <id>   only this client; may be repeated: ${clients.map(({ id }) => id).join(', ')}
  --help          this text
`

/** Runs the sample and returns its exit code: 0 if all is right, 1 if a cell is not, 2 for wrong arguments. */
export async function demo(args: readonly string[], out: Output, parts: Parts = {}): Promise<number> {
  const { carriers = allCarriers, clients = allClients } = parts
  let chosen: Required<Parts>
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        carrier: { type: 'string', multiple: true },
        client: { type: 'string', multiple: true },
        help: { type: 'boolean' },
      },
    })
    if (values.help === true) {
      out.write(help({ carriers, clients }))
      return 0
    }
    chosen = {
      carriers: choose('carrier', carriers, values.carrier),
      clients: choose('client', clients, values.client),
    }
  } catch (error) {
    out.write(`${error instanceof Error ? error.message : error}\n`)
    return 2
  }
  const cells = await run(chosen, out)
  return cells.length > 0 && cells.every(isRight) ? 0 : 1
}

function choose<Item extends { readonly id: string }>(
  what: string,
  items: readonly Item[],
  ids: readonly string[] | undefined,
): Item[] {
  const unknown = ids?.find((id) => !items.some((item) => item.id === id))
  if (unknown !== undefined) {
    throw new Error(`--${what}: there is no ${unknown}, but ${items.map(({ id }) => id).join(', ')}`)
  }
  return items.filter(({ id }) => ids === undefined || ids.includes(id))
}

async function run({ carriers, clients }: Required<Parts>, out: Output): Promise<Cell[]> {
  out.write('Starting the carriers on loopback\n')
  // The header that NZ Post's gateway wants is off in its document, and a layer worth a try here.
  const sandbox = await startSandbox({ nzPost: { clientIdHeader: true } })
  const ownApp = await startOwnApp(sandbox.authority)
  try {
    const { start, done } = progress(out)
    const traffic = new Map<Carrier, Traffic>()
    const cells: Cell[] = []
    for (const carrier of carriers) {
      const before = seen(sandbox[carrier.simulator])
      for (const client of clients) {
        const startedAt = performance.now()
        const own = await tryAll({ sandbox, ownApp, carrier, client, onStart: start })
        done(own, performance.now() - startedAt)
        cells.push(...own)
      }
      const after = seen(sandbox[carrier.simulator])
      traffic.set(carrier, {
        tokenRequests: after.tokenRequests - before.tokenRequests,
        apiCalls: after.apiCalls - before.apiCalls,
      })
    }
    matrix(out, cells, (carrier) => traffic.get(carrier) as Traffic)
    verdict(out, cells)
    return cells
  } finally {
    await Promise.all([ownApp.close(), sandbox.close()])
  }
}

function seen({ control }: { control: { counters: Traffic } }): Traffic {
  const { tokenRequests, apiCalls } = control.counters
  return { tokenRequests, apiCalls }
}
