import type { AccessToken, AuthEvent, RateLimit, StoredEntry, TokenStore } from '@auth/core'
import { CredentialsRejectedError, memoryStore, TokenEndpointError } from '@auth/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { emitter } from '../../src/events.ts'
import { accessToken } from '../../src/token/access-token.ts'
import { lockoutGuard } from '../../src/token/lockout-guard.ts'
import { sharedSource } from '../../src/token/shared-source.ts'
import { storeAccess } from '../../src/token/store-access.ts'
import { type CachedTokenSource, fillCache, type Refill } from '../../src/token/token-cache.ts'
import { type ManualClock, manualClock } from '../support/clock.ts'

// Random sequences of calls, expiries, rejections, aborts, clock jumps, resets and store faults, against what must
// hold whatever happens: one flight per key, no expired token sent, no refused token served again, finite requests,
// nobody left waiting.

type Outcome = { kind: 'issued'; lifetime: number } | { kind: 'rejected' | 'unavailable' | 'throttled' | 'refused' }

type Fault = 'fail' | 'hang' | undefined

type Step =
  | { do: 'call'; cache: number }
  | { do: 'callAndAbort'; cache: number }
  | { do: 'refuse'; cache: number }
  | { do: 'reset'; cache: number }
  | { do: 'advance'; ms: number }
  | { do: 'jump'; ms: number }
  | { do: 'answer'; outcome: Outcome }
  | { do: 'store'; fault: Fault }

const SECOND = 1000
const lifetimes = fc.constantFrom(-1, 0, 1, 30, 60, 300, 3599, 864_000)
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  { weight: 6, arbitrary: lifetimes.map((seconds): Outcome => ({ kind: 'issued', lifetime: seconds * SECOND })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('rejected', 'unavailable', 'throttled', 'refused').map((kind): Outcome => ({ kind })),
  },
)
const cache = fc.nat({ max: 1 })
const shared: fc.Arbitrary<Step>[] = [
  fc.record({
    do: fc.constantFrom('call', 'call', 'call', 'callAndAbort', 'refuse', 'refuse', 'reset'),
    cache,
  }) as fc.Arbitrary<Step>,
  fc.record({ do: fc.constant('answer' as const), outcome }),
  fc.record({
    do: fc.constant('advance' as const),
    ms: fc.constantFrom(1, 100, 900, 5000, 29_000, 61_000, 290_000, 3_600_000),
  }),
]
const jump = fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(-3_600_000, 3_600_000, -1000, 1000) })
const fault = fc.record({
  do: fc.constant('store' as const),
  fault: fc.constantFrom('fail' as const, 'hang' as const, undefined),
})

interface Issued {
  readonly value: string
  /** Monotonic ms. */
  readonly requested: number
  readonly ends: number
}

interface World {
  readonly clock: ManualClock
  readonly caches: {
    readonly source: CachedTokenSource
    readonly events: AuthEvent[]
    readonly pending: Pending[]
    resets: number
    /** Tokens that were rejected as soon as they had been issued, and believed to be. */
    young: number
  }[]
  readonly issued: Map<string, Issued>
  readonly store: TokenStore & { fault: 'fail' | 'hang' | undefined }
  requests: number
}

interface Pending {
  answer(outcome: Outcome): void
}

function world(withStore: boolean): World {
  const clock = manualClock()
  const inner = memoryStore({ clock })
  const faulty = <T>(real: () => T): T | Promise<never> => {
    if (store.fault === 'hang') return new Promise<never>(() => {})
    if (store.fault === 'fail') return Promise.reject(new Error('store'))
    return real()
  }
  const store = {
    shared: false,
    fault: undefined as 'fail' | 'hang' | undefined,
    get: (key: string) => faulty(() => inner.get(key)),
    set: (key: string, entry: StoredEntry, options: { expected: string | undefined; ttl: number }) =>
      faulty(() => inner.set(key, entry, options)),
    lease: (key: string, limits: readonly RateLimit[], maxWait: number) =>
      faulty(() => inner.lease(key, limits, maxWait)),
  }
  const state: World = { clock, caches: [], issued: new Map(), store, requests: 0 }
  for (let i = 0; i < 2; i++) {
    const events: AuthEvent[] = []
    const pending: Pending[] = []
    const endpoint = {
      request: (): Promise<AccessToken> => {
        state.requests++
        const wall = clock.now()
        const monotonic = clock.monotonic()
        return new Promise((resolve, reject) => {
          const own: Pending = {
            answer(outcome) {
              pending.splice(pending.indexOf(own), 1)
              if (outcome.kind === 'issued') {
                const value = `token-${state.issued.size + 1}`
                state.issued.set(value, { value, requested: monotonic, ends: monotonic + outcome.lifetime })
                resolve(
                  accessToken({ value, lifetime: outcome.lifetime, expiresAt: wall + outcome.lifetime }, monotonic),
                )
              } else reject(failure(outcome.kind, clock.now()))
            },
          }
          pending.push(own)
        })
      },
    }
    const onEvent = (event: AuthEvent): void => void events.push(event)
    const emit = emitter(onEvent, 'x', clock)
    const guarded = lockoutGuard(endpoint, { clock, emit, lockout: { initial: 60_000, max: 3_600_000 } })
    const identity = { tokenEndpoint: 'https://token.example', clientAuth: 'm', grant: {} }
    const ask = storeAccess(clock, emit)
    const shared = sharedSource(guarded, { store, ask, identity, clock, emit, leaseTime: 15_000 })
    const credential = { client: { id: 'client', secret: 'secret' } }
    const refill: Refill = {
      request: (call) => (withStore ? shared : guarded).request({ ...call, credential }),
      blocked: () => (withStore ? shared : guarded).blocked(),
      reset: () => (withStore ? shared.reset(credential) : guarded.reset()),
    }
    state.caches.push({ source: fillCache(refill, { clock, emit }), events, pending, resets: 0, young: 0 })
  }
  return state
}

function failure(kind: Exclude<Outcome['kind'], 'issued'>, now: number): Error {
  if (kind === 'rejected') return new CredentialsRejectedError('rejected', { retryAt: now, status: 401 })
  if (kind === 'throttled')
    return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_THROTTLED', 'slow', { retryAt: now + 30_000 })
  if (kind === 'refused') return new TokenEndpointError('ERR_AUTH_TOKEN_RESPONSE_INVALID', 'odd')
  return new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', 'down', { retryable: true })
}

async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
}

async function run(steps: readonly Step[], withStore: boolean): Promise<void> {
  const at = world(withStore)
  const { clock, caches, issued } = at
  const refused = caches.map(() => new Set<string>())
  let asked = 0
  const wrong: string[] = []
  const open = new Set<Promise<unknown>>()

  const watch = (promise: Promise<unknown>): void => {
    open.add(promise)
    promise.catch(() => {}).finally(() => open.delete(promise))
  }
  const judge = (token: AccessToken, refusedBefore: Set<string>): void => {
    expect(refusedBefore.has(token.value), `${token.value} had been refused`).toBe(false)
    expect(clock.monotonic(), `${token.value} had expired`).toBeLessThan(issued.get(token.value)?.ends as number)
  }
  const call = (index: number, signal?: AbortSignal): void => {
    asked++
    const { source } = caches[index] as World['caches'][number]
    const token = source.token(signal === undefined ? {} : { signal })
    const refusedBefore = new Set(refused[index])
    if (!(token instanceof Promise)) judge(token, refusedBefore)
    // What a flight brings to those who wait for it may be of any age, but not what was refused before they asked.
    else
      watch(
        token.then(
          ({ value }) => refusedBefore.has(value) && wrong.push(value),
          () => {},
        ),
      )
  }
  const flights = (): void => {
    for (const { pending, resets } of caches) expect(pending.length).toBeLessThanOrEqual(1 + resets)
  }

  for (const step of steps) {
    if (step.do === 'call') call(step.cache)
    else if (step.do === 'callAndAbort') {
      const controller = new AbortController()
      call(step.cache, controller.signal)
      controller.abort(new Error('gone'))
    } else if (step.do === 'refuse') {
      const { source, events } = caches[step.cache] as World['caches'][number]
      const token =
        source.status().state === 'fresh' || source.status().state === 'refreshing' ? source.token() : undefined
      if (token !== undefined && !(token instanceof Promise)) {
        asked++
        const before = events.length
        watch(source.reject(token.value))
        const verdict = events.slice(before).find((event) => event.type === 'token-rejected')
        if (verdict?.type === 'token-rejected' && verdict.believed) {
          refused[step.cache]?.add(token.value)
          const { requested, ends } = issued.get(token.value) as Issued
          const justIssued = Math.min(60_000, 0.05 * (ends - requested))
          const at = caches[step.cache] as World['caches'][number]
          if (clock.monotonic() - requested < justIssued) at.young++
        }
      }
    } else if (step.do === 'reset') {
      const at = caches[step.cache] as World['caches'][number]
      at.resets++
      // A person who resets wants everything forgotten, refusals included.
      refused[step.cache]?.clear()
      watch(at.source.reset())
    } else if (step.do === 'advance') await clock.advance(step.ms)
    else if (step.do === 'jump') clock.setWall(clock.now() + step.ms)
    else if (step.do === 'answer') caches.find(({ pending }) => pending.length > 0)?.pending[0]?.answer(step.outcome)
    else at.store.fault = step.fault
    await settle()
    flights()
  }

  // At the end everything works again: nobody is left waiting.
  at.store.fault = undefined
  // Real time, because deriving a key is real work; it ends long before this does.
  const maxWait = performance.now() + 10_000
  while (open.size > 0 && performance.now() < maxWait) {
    for (const { pending } of caches)
      for (const one of [...pending]) one.answer({ kind: 'issued', lifetime: 3_600_000 })
    await clock.advance(1000)
    await settle()
  }
  expect(open.size, 'somebody still waits').toBe(0)
  expect(wrong, 'refused tokens, served again').toEqual([])
  // Three attempts a flight at the most, and a flight only because somebody asked.
  expect(at.requests).toBeLessThanOrEqual(3 * asked)
  for (const { young, resets } of caches) {
    const minutes = (clock.monotonic() - 5000) / 60_000
    expect(young).toBeLessThanOrEqual(3 * (1 + resets) + minutes)
  }
}

const RUNS = Number(process.env.GENERATIVE_RUNS ?? 6000)

test(`holds for ${RUNS} sequences with clock jumps`, async () => {
  const steps = fc.array(fc.oneof(...shared, jump), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => run(sequence, false)),
    { numRuns: RUNS },
  )
}, 900_000)

test(`holds for ${RUNS} sequences with a store that fails`, async () => {
  const steps = fc.array(fc.oneof(...shared, fault), { minLength: 1, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => run(sequence, true)),
    { numRuns: RUNS },
  )
}, 900_000)
