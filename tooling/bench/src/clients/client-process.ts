// One client in one of its ways, in a process of its own: `fork` it, and ask by messages.
import { inFlight } from '../timing/in-flight.ts'
import { stopwatch, type Took } from '../timing/interleave.ts'
import type { Client, Tls } from './client.ts'
import { clients } from './index.ts'
import { AUTHORIZATION, warmClosure, warmStrategy } from './strategy.ts'

export type Way = Exclude<keyof Client, 'name'>

export interface Start {
  readonly client: string
  readonly way: Way
  readonly origin: string
  readonly tls: Tls | undefined
}

/** To begin with; to make one call; to make so many, and time them. */
export type ClientQuestion = { readonly start: Start } | { readonly call: true } | { readonly time: number }

export interface ClientAnswer {
  /** To `call`: the document that was read. */
  readonly body?: unknown
  /** To `time`. */
  readonly took?: Took
}

const IN_FLIGHT = 8

let call: () => Promise<unknown>

process.on('message', async ({ id, ...question }: ClientQuestion & { readonly id: number }) => {
  process.send?.({ id, ...(await answer(question as ClientQuestion)) })
})
process.once('disconnect', () => process.exit())

async function answer(question: ClientQuestion): Promise<ClientAnswer> {
  if ('call' in question) return { body: await call() }
  if ('time' in question) return { took: await stopwatch(() => inFlight(IN_FLIGHT, question.time, call)) }
  call = ready(question.start)
  return {}
}

function ready({ client: name, way, origin, tls }: Start): () => Promise<unknown> {
  const client = clients.find((client) => client.name === name)
  if (client === undefined) throw new Error(`there is no client ${name}`)
  const url = `${origin}/shipments`
  if (way === 'plain') return client.plain(url, AUTHORIZATION, tls)
  if (way === 'handWritten') return client.handWritten(url, warmClosure(), tls)
  return client.wrapped(url, warmStrategy(origin, tls))
}
