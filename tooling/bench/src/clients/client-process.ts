// One client in both of its ways, timed in a process of its own: `fork` it, and ask by messages.
import { startApi } from '../loopback/api.ts'
import type { ListenerCounters, ListenerOptions } from '../loopback/api-server.ts'
import { inFlight } from '../timing/in-flight.ts'
import { type Contender, interleave, type Sample } from '../timing/interleave.ts'
import { sampleOf } from '../timing/samples.ts'
import type { Tls } from './client.ts'
import { clients } from './index.ts'
import { probeClient } from './probe.ts'
import { TOKEN, warmStrategy } from './strategy.ts'

export interface PairQuestion {
  readonly client: string
  /** What the client presents and trusts, and what the server does; without them, HTTP. */
  readonly tls?: { readonly client: Tls; readonly server: NonNullable<ListenerOptions['tls']> } | undefined
  readonly rounds: number
  /** Rounds before these, that are not recorded. */
  readonly warmUp: number
  /** ms. */
  readonly block: number
}

export interface Measured {
  readonly sample: Sample
  readonly counters: ListenerCounters
}

export interface PairAnswer {
  readonly plain: Measured
  readonly wrapped: Measured
}

const IN_FLIGHT = 8
const AUTHORIZATION = `Bearer ${TOKEN}`

process.on('message', async (question: PairQuestion & { readonly id: number }) => {
  process.send?.({ id: question.id, ...(await measure(question)) } satisfies PairAnswer & { id: number })
})
process.once('disconnect', () => process.exit())

async function measure({ client: name, tls, rounds, warmUp, block }: PairQuestion): Promise<PairAnswer> {
  const client = clients.find((client) => client.name === name)
  if (client === undefined) throw new Error(`there is no client ${name}`)
  const api = startApi()
  try {
    const listen = () => api.open({ authorization: AUTHORIZATION, ...(tls && { tls: tls.server }) })
    const [plain, wrapped] = [await listen(), await listen()]
    const contender = (name: string, listener: typeof plain, call: () => Promise<unknown>): Contender => ({
      name,
      probe: () => probeClient(call, listener),
      run: (times) => inFlight(IN_FLIGHT, times, call),
    })
    const samples = await interleave(
      [
        contender('by itself', plain, client.plain(`${plain.origin}/shipments`, AUTHORIZATION, tls?.client)),
        contender(
          'with @auth',
          wrapped,
          client.wrapped(`${wrapped.origin}/shipments`, warmStrategy(wrapped.origin, tls?.client)),
        ),
      ],
      { rounds: warmUp + rounds, block, progress: () => {} },
    )
    const measured = async (name: string, listener: typeof plain): Promise<Measured> => {
      const { wall, cpu } = sampleOf(samples, name)
      const counters = await listener.counters()
      if (counters.refused > 0)
        throw new Error(`${name}: ${counters.refused} requests were refused while the clock ran`)
      return { sample: { wall: wall.slice(warmUp), cpu: cpu.slice(warmUp) }, counters }
    }
    return { plain: await measured('by itself', plain), wrapped: await measured('with @auth', wrapped) }
  } finally {
    await api.close()
  }
}
