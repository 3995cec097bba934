import type { Benchmark } from '../benchmark.ts'
import { clientsTable } from '../clients/table.ts'

export const benchmark: Benchmark = {
  title: 'Clients, end to end: each client wrapped, against itself with a static header and with hooks written by hand',
  method:
    'GET requests for a small JSON document, eight in flight, on connections that are kept alive, to a server on ' +
    'loopback in a process of its own that checks the header of each. Three ways: a client by itself with a static ' +
    'header; the same client with hooks as a team would write them (the token of a closure, and once more after a 401; ' +
    'nothing else of what the adapters do); and the same client wrapped. Each way has a process to itself, as at its ' +
    'users: in one that knows several, code is compiled for the one that came first. The three take turns, round by ' +
    'round; fifteen times over, with new processes, because processes differ more than rounds do. Figures are medians ' +
    'over these times, each of medians over its rounds; ratios are those to the client by itself. Each way has a ' +
    'listener of its own, whose connections and handshakes are counted: by itself / by hand / with @auth. Beside the ' +
    'ratio of requests stands that of the CPU time that the main thread spent on each.',
  async run(run) {
    const plain = await clientsTable(run, 'HTTP', false)
    const mutual = await clientsTable(run, 'mutual TLS', true)
    return { tables: [plain.table, mutual.table], goals: [...plain.goals, ...mutual.goals] }
  },
}
