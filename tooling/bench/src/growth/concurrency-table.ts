import type { Run, Table } from '../benchmark.ts'
import { fetchClient } from '../clients/fetch.ts'
import { probeClient } from '../clients/probe.ts'
import { AUTHORIZATION, warmStrategy } from '../clients/strategy.ts'
import { type RemoteListener, startApi } from '../loopback/api.ts'
import { digits } from '../timing/format.ts'
import { inFlight } from '../timing/in-flight.ts'
import { type Contender, interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median, pairedRatio } from '../timing/statistics.ts'

/** What a request costs while more and more of them are in flight. */
export async function concurrencyTable(run: Run): Promise<Table> {
  const levels = run.quick ? [1, 32] : [1, 8, 64, 512]
  const api = startApi()
  try {
    const listener = await api.open({ authorization: AUTHORIZATION })
    const url = `${listener.origin}/shipments`
    const plain = fetchClient.plain(url, AUTHORIZATION, undefined)
    const wrapped = fetchClient.wrapped(url, warmStrategy(listener.origin, undefined))
    const contenders = levels.flatMap((level) => [
      flight(`by itself ${level}`, plain, level, listener),
      flight(`with @auth ${level}`, wrapped, level, listener),
    ])
    const samples = await interleave(contenders, {
      rounds: run.quick ? 4 : 80,
      block: run.quick ? 40 : 60,
      progress: run.progress,
    })
    return {
      title: 'fetch: CPU time of one request, by how many are in flight',
      columns: ['in flight', 'by itself, µs', 'with @auth, µs', 'ratio'],
      rows: levels.map((level) => {
        const bare = cpuOf(samples, `by itself ${level}`)
        const own = cpuOf(samples, `with @auth ${level}`)
        const cost = (sample: readonly number[]): string => digits((median(sample) * 1000) / level)
        return [`${level}`, cost(bare), cost(own), pairedRatio(bare, own).toFixed(3)]
      }),
      samples: Object.fromEntries(samples),
    }
  } finally {
    await api.close()
  }
}

function flight(name: string, call: () => Promise<unknown>, limit: number, listener: RemoteListener): Contender {
  return {
    name,
    probe: () => probeClient(call, listener),
    // In whole flights: one that is not full is of another concurrency.
    run: (flights) => inFlight(limit, flights * limit, call),
  }
}
