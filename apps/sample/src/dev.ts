// The sandbox, traffic of every client, and the page that shows both: pnpm dev [--port 4000]
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { carriers } from '@auth/core/carriers'
import { type Dashboard, dashboard, type MatrixCell } from '@auth/dashboard'
import { serveSandbox } from '@auth/sandbox'
import express from 'express'
import { clients } from './clients.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '4000' } } })
// A path of each API that answers a GET.
const PATHS: Readonly<Record<string, string>> = {
  'easypost-connect': '/jobs',
  posti: '/estimation/v1/estimates',
  'nz-post': '/labels/domestic',
  sendcloud: '/api/v2/parcels',
  'machine-to-machine': '/v1/shipments',
}
const PAUSE = 1000

// Short lives, so that there is something to see.
const served = await serveSandbox({
  posti: { expiresIn: 120 },
  nzPost: { expiresIn: 300 },
  easypostConnect: { expiresIn: 60 },
  sendcloud: { useOAuth2: true, expiresIn: 90 },
  machineToMachine: { expiresIn: 180 },
})
const cells = new Map<string, MatrixCell>()
const accounts = served.simulators.map(({ id, credentials, options, baseUrl }) => {
  const carrier = carriers.find((one) => one.id === id)
  if (carrier === undefined) throw new Error(`${id} is not described`)
  const strategy = carrier.create(credentials, { ...options, onEvent: (event: never) => panel.onEvent(event) })
  return { id, strategy, url: `${baseUrl}${PATHS[id] ?? '/'}` }
})
const panel: Dashboard = dashboard(() => accounts.map(({ strategy }) => strategy), {
  open: 'loopback',
  actions: true,
  sandbox: served.controlUrl,
  matrix: () => [...cells.values()],
})

const server = express().use(panel).listen(Number(values.port), '127.0.0.1')
server.once('error', async (error: NodeJS.ErrnoException) => {
  console.error(
    error.code === 'EADDRINUSE' ? `Port ${values.port} is in use; choose another with --port.` : error.message,
  )
  process.exit(1)
})
await once(server, 'listening')
console.log(
  `Dashboard  http://127.0.0.1:${values.port}\nSandbox    ${served.controlUrl}/openapi.json\nPress Ctrl+C to end.`,
)

const ended = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)))
let running = true
for (const { id, strategy, url } of accounts) {
  for (const client of clients) void traffic(id, client.id, client.connect(strategy), url)
}
await ended
running = false
server.close()
server.closeAllConnections()
await served.close()

async function traffic(
  carrier: string,
  client: string,
  call: (url: string) => Promise<{ readonly status: number }>,
  url: string,
): Promise<void> {
  const put = (state: MatrixCell['state'], detail: string) =>
    cells.set(`${carrier} ${client}`, { carrier, client, state, detail })
  while (running) {
    try {
      const { status } = await call(url)
      put(status < 400 ? 'ok' : 'failed', String(status))
    } catch (error) {
      put('failed', error instanceof Error ? ((error as { code?: string }).code ?? error.name) : 'failed')
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
  }
}
