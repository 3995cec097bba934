import { type RemoteListener, startApi } from '../loopback/api.ts'
import type { ListenerCounters, ListenerOptions } from '../loopback/api-server.ts'
import { type Child, startChild } from '../loopback/child.ts'
import { interleave, type RemoteContender, type Sample, type Timing, type Took } from '../timing/interleave.ts'
import { sampleOf } from '../timing/samples.ts'
import type { Tls } from './client.ts'
import type { ClientAnswer, ClientQuestion, Way } from './client-process.ts'
import { probeClient } from './probe.ts'
import { AUTHORIZATION } from './strategy.ts'

export const WAYS: readonly Way[] = ['plain', 'handWritten', 'wrapped']

/** What a client presents and trusts, and what the server does. */
export interface Identities {
  readonly client: Tls
  readonly server: NonNullable<ListenerOptions['tls']>
}

export type ClientTiming = Pick<Timing, 'warmUp' | 'rounds' | 'block'>

export interface Measured {
  readonly sample: Sample
  readonly counters: ListenerCounters
}

/**
 * Times a client in each of its ways, round by round, each in a process of its own as at its users': in one that knows
 * several ways, code is compiled for the one that came first.
 */
export async function measureClient(
  client: string,
  tls: Identities | undefined,
  timing: ClientTiming,
): Promise<Record<Way, Measured>> {
  const api = startApi()
  const processes: Child<ClientQuestion, ClientAnswer>[] = []
  const listen = () => api.open({ authorization: AUTHORIZATION, ...(tls && { tls: tls.server }) })
  const contender = async (way: Way, listener: RemoteListener): Promise<RemoteContender> => {
    const { ask, close } = startChild<ClientQuestion, ClientAnswer>(new URL('./client-process.ts', import.meta.url))
    processes.push({ ask, close })
    await ask({ start: { client, way, origin: listener.origin, tls: tls?.client } })
    return {
      name: way,
      probe: () => probeClient(async () => (await ask({ call: true })).body, listener),
      time: async (times) => (await ask({ time: times })).took as Took,
    }
  }
  try {
    const listeners = { plain: await listen(), handWritten: await listen(), wrapped: await listen() }
    const contenders = await Promise.all(WAYS.map((way) => contender(way, listeners[way])))
    const samples = await interleave(contenders, { ...timing, progress: () => {} })
    const measured = async (way: Way): Promise<Measured> => {
      const counters = await listeners[way].counters()
      if (counters.refused > 0) throw new Error(`${way}: ${counters.refused} requests were refused while the clock ran`)
      return { sample: sampleOf(samples, way), counters }
    }
    return {
      plain: await measured('plain'),
      handWritten: await measured('handWritten'),
      wrapped: await measured('wrapped'),
    }
  } finally {
    for (const { close } of processes) await close()
    await api.close()
  }
}
