import { allOf, apiKey, type DecisionEvent, hashApiKey, type Policy } from '@auth/core/verify'
import { describe, expect, test as register } from 'vitest'
import { both, servedForTest } from '../bench.ts'
import type { Limits, ServeGuard } from '../guard-route.ts'

const keys = (): Policy => apiKey({ keys: [{ id: 'k1', hash: hashApiKey('right'), party: 'acme' }] })
const right = { 'x-api-key': 'right' }
const handle = (identity: unknown): unknown => identity ?? null
const policyThat = (decide: () => unknown): Policy => ({ layers: ['own'], decide: decide as Policy['decide'] })
const thenable = (then: (use: (value: unknown) => void, reject: (error: Error) => void) => void): object =>
  Object.defineProperty({}, 'then', { value: then })
const fail = (): never => {
  throw new Error('secret-1')
}

const FAILING: readonly (readonly [string, () => unknown])[] = [
  ['throws', fail],
  ['rejects', () => Promise.reject(new Error('secret-1'))],
  ['rejects later', () => new Promise((_resolve, reject) => setImmediate(reject, new Error('secret-1')))],
  ['gives a thenable that rejects', () => thenable((_use, reject) => reject(new Error('secret-1')))],
  ['gives a thenable that throws', () => thenable(fail)],
  ['gives nothing', () => undefined],
  ['gives what is no decision', () => ({ outcome: 'fine' })],
]

/** What a guard does when the application's own functions fail. */
export function failureCases(serve: ServeGuard, limits: Limits): void {
  const test = (name: string, run: () => Promise<void>): void => {
    const limit = limits[name]
    register.skipIf(limit !== undefined)(limit === undefined ? name : `${name} (${limit})`, run)
  }

  describe('a policy that fails is 503, reported once', () => {
    for (const [what, decide] of FAILING) {
      test(`a policy that ${what}`, async () => {
        const own = policyThat(decide)
        const { framework, reference, served } = await both(
          serve,
          () => [
            { path: '/', guards: [{ policy: own }], handle },
            { path: '/all', guards: [{ policy: allOf(own, keys()) }], handle },
          ],
          { headers: right },
          { path: '/all', headers: right },
        )
        expect(framework).toEqual(reference)
        expect(framework).toMatchObject([
          { status: 503, retryAfter: '1' },
          { status: 503 },
          [{ status: 503 }, { status: 503 }],
        ])
        expect(served.reached()).toBe(0)
        expect(JSON.stringify(framework)).not.toContain('secret-1')
      })
    }
  })

  test('a policy that gives its decision by a thenable is obeyed', async () => {
    const later = (policy: Policy): Policy => ({
      layers: policy.layers,
      decide: (request) => thenable((use) => use(policy.decide(request))) as never,
    })
    const { framework, reference } = await both(
      serve,
      () => [{ path: '/', guards: [{ policy: later(keys()) }], handle }],
      { headers: right },
      {},
    )
    expect(framework).toEqual(reference)
    expect(framework).toMatchObject([{ status: 200 }, { status: 401 }, {}])
  })

  describe('an observer that fails changes nothing', () => {
    const observers: readonly (readonly [string, (event: DecisionEvent) => unknown])[] = [
      ['throws', fail],
      ['rejects', () => Promise.reject(new Error('secret-1'))],
      ['gives a thenable that throws', () => thenable(fail)],
    ]
    for (const [what, onDecision] of observers) {
      test(`an observer that ${what}`, async () => {
        const unhandled: unknown[] = []
        const listen = (error: unknown): void => void unhandled.push(error)
        process.on('unhandledRejection', listen)
        const server = await servedForTest(serve, () => [
          { path: '/', guards: [{ policy: keys(), options: { onDecision } }], handle },
        ])
        expect((await server.send({})).status).toBe(401)
        expect((await server.send({ headers: right })).status).toBe(200)
        await new Promise((resolve) => setImmediate(resolve))
        process.off('unhandledRejection', listen)
        expect(unhandled).toEqual([])
      })
    }
  })
}
