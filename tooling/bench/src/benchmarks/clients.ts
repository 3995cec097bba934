import type { Benchmark } from '../benchmark.ts'
import { clientsTable } from '../clients/table.ts'

export const benchmark: Benchmark = {
  title: 'Clients, end to end: each client wrapped, against itself with a static header',
  method:
    'GET requests for a small JSON document, eight in flight, on connections that are kept alive, to a server on ' +
    'loopback in a process of its own that checks the header of each. Every contender has a listener of its own, whose ' +
    'connections and handshakes are counted: by itself / with @auth. The ratio is of requests a second, and beside it of ' +
    'the CPU time that the main thread spent on each, which other processes do not disturb.',
  async run(run) {
    const plain = await clientsTable(run, 'HTTP', false)
    const mutual = await clientsTable(run, 'mutual TLS', true)
    return { tables: [plain.table, mutual.table], goals: [...plain.goals, ...mutual.goals] }
  },
}
