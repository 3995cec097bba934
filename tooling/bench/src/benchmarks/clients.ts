import type { Benchmark } from '../benchmark.ts'
import { clientsTable } from '../clients/table.ts'

export const benchmark: Benchmark = {
  title: 'Clients, end to end: each client wrapped, against itself with a static header',
  method:
    'GET requests for a small JSON document, eight in flight, on connections that are kept alive, to a server on ' +
    'loopback in a process of its own that checks the header of each. A client by itself and the same client wrapped ' +
    'alternate in one process, round by round, and no other client runs there; nine such processes, one after the ' +
    'other, because processes differ more than rounds do. Figures are medians over the processes, each of medians over ' +
    'its rounds. Both ways have a listener of their own, whose connections and handshakes are counted: by itself / with ' +
    '@auth. Beside the ratio of requests a second stands that of the CPU time that the main thread spent on each.',
  async run(run) {
    const plain = await clientsTable(run, 'HTTP', false)
    const mutual = await clientsTable(run, 'mutual TLS', true)
    return { tables: [plain.table, mutual.table], goals: [...plain.goals, ...mutual.goals] }
  },
}
