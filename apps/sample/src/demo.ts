import { parseArgs } from 'node:util'
import type { CarrierId } from '@auth/core/carriers'
import { type Sandbox, startSandbox } from '@auth/sandbox'
import type { Carrier } from './carrier.ts'
import { carriers as allCarriers } from './carriers.ts'
import { clients as allClients, type Client } from './clients.ts'
import { type Cell, isRight, tryAll } from './matrix.ts'
import { startOwnApp } from './own-app.ts'
import { asJson, matrix, type Output, progress, summaryLine, type Traffic, verdict } from './report.ts'

export interface Parts {
  readonly carriers?: readonly Carrier[]
  readonly clients?: readonly Client[]
}

const help = ({ carriers, clients }: Required<Parts>): string => `pnpm demo [carrier ...] [options]

Starts the carriers on loopback and calls each with each client: with all credentials, with each layer missing or
wrong, and through an Express application of its own. Exits with 0 only if every call ended as it should.

  carrier         only this carrier; may be repeated, and written --carrier <id>
  --client <id>   only this client; may be repeated: ${clients.map(({ id }) => id).join(', ')}
  --verbose       every cell, and not only a line for each carrier
  --json          every cell as JSON
  --help          this text

Carriers: ${carriers.map(({ id }) => id).join(', ')}
`

/** Runs the sample and returns its exit code: 0 if all is right, 1 if a cell is not, 2 for wrong arguments. */
export async function demo(args: readonly string[], out: Output, parts: Parts = {}): Promise<number> {
  const { carriers = allCarriers, clients = allClients } = parts
  let chosen: Required<Parts>
  let style: Style
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        carrier: { type: 'string', multiple: true },
        client: { type: 'string', multiple: true },
        verbose: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    if (values.help === true) {
      out.write(help({ carriers, clients }))
      return 0
    }
    chosen = {
      carriers: choose('carrier', carriers, both(values.carrier, positionals)),
      clients: choose('client', clients, values.client),
    }
    style = values.json === true ? 'json' : values.verbose === true ? 'verbose' : 'summary'
  } catch (error) {
    out.write(`${error instanceof Error ? error.message : error}\n`)
    return 2
  }
  const cells = await run(chosen, out, style)
  return cells.length > 0 && cells.every(isRight) ? 0 : 1
}

type Style = 'summary' | 'verbose' | 'json'

/** Named by the option or by place; `undefined` where nothing is named. */
function both(named: readonly string[] | undefined, positionals: readonly string[]): readonly string[] | undefined {
  return named === undefined && positionals.length === 0 ? undefined : [...(named ?? []), ...positionals]
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

async function run({ carriers, clients }: Required<Parts>, out: Output, style: Style): Promise<Cell[]> {
  const quiet = style === 'json'
  if (!quiet) out.write('Starting the carriers on loopback\n')
  // The header that NZ Post's gateway wants is off in its document, and a layer worth a try here.
  const sandbox = (await startSandbox({
    carriers: [...new Set(carriers.map(({ simulator }) => simulator))],
    nzPost: { clientIdHeader: true },
  })) as Sandbox<CarrierId>
  const ownApp = await startOwnApp(sandbox.authority)
  try {
    const { start, done } = progress(out)
    const traffic = new Map<Carrier, Traffic>()
    const cells: Cell[] = []
    for (const carrier of carriers) {
      const before = seen(sandbox[carrier.simulator])
      for (const client of clients) {
        const startedAt = performance.now()
        const own = await tryAll({ sandbox, ownApp, carrier, client, onStart: quiet ? () => {} : start })
        if (style === 'verbose') done(own, performance.now() - startedAt)
        cells.push(...own)
      }
      const after = seen(sandbox[carrier.simulator])
      const spent = {
        tokenRequests: after.tokenRequests - before.tokenRequests,
        apiCalls: after.apiCalls - before.apiCalls,
      }
      traffic.set(carrier, spent)
      if (style === 'summary')
        summaryLine(
          out,
          cells.filter((cell) => cell.carrier === carrier),
          spent,
        )
    }
    const trafficOf = (carrier: Carrier): Traffic => traffic.get(carrier) as Traffic
    if (style === 'json') asJson(out, cells, trafficOf)
    else {
      if (style === 'verbose') matrix(out, cells, trafficOf)
      verdict(out, cells, style === 'verbose')
    }
    return cells
  } finally {
    await Promise.all([ownApp.close(), sandbox.close()])
  }
}

function seen({ control }: { control: { counters: Traffic } }): Traffic {
  const { tokenRequests, apiCalls } = control.counters
  return { tokenRequests, apiCalls }
}
