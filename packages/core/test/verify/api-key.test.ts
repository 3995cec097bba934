import {
  type ApiKeyOptions,
  apiKey,
  type Decision,
  generateApiKey,
  hashApiKey,
  inboundRequest,
} from '@auth/core/verify'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../support/clock.ts'
import { query } from '../support/foreign.ts'

const HOUR = 3_600_000

async function decide(options: ApiKeyOptions, ...values: string[]): Promise<Decision> {
  const rawHeaders = values.flatMap((value) => ['X-Api-Key', value])
  return apiKey(options).decide(inboundRequest({ rawHeaders, socket: {} }))
}
const verdict = async (options: ApiKeyOptions, value: string): Promise<string> => {
  const decision = await decide(options, value)
  return decision.outcome === 'authenticated' ? decision.identity.party : (decision.reports[0]?.reason ?? '')
}

describe('operating keys', () => {
  test('an old and a new key overlap for as long as their windows do', async () => {
    const clock = manualClock()
    const start = clock.now()
    const options: ApiKeyOptions = {
      clock,
      keys: [
        { id: 'old', hash: hashApiKey('old'), party: 'acme', expiresAt: new Date(start + 2 * HOUR) },
        { id: 'new', hash: hashApiKey('new'), party: 'acme', notBefore: start + HOUR },
      ],
    }
    const both = async () => [await verdict(options, 'old'), await verdict(options, 'new')]
    expect(await both()).toEqual(['acme', 'not_yet_valid'])
    await clock.advance(HOUR - 1)
    expect(await both()).toEqual(['acme', 'not_yet_valid'])
    await clock.advance(1)
    expect(await both()).toEqual(['acme', 'acme'])
    await clock.advance(HOUR - 1)
    expect(await both()).toEqual(['acme', 'acme'])
    await clock.advance(1)
    expect(await both()).toEqual(['expired', 'acme'])
  })

  test('a key that is remembered as accepted ends when it expires', async () => {
    const clock = manualClock()
    const policy = apiKey({ clock, keys: [{ id: 'a', hash: hashApiKey('a'), expiresAt: clock.now() + 1 }] })
    const request = inboundRequest({ rawHeaders: ['x-api-key', 'a'], socket: {} })
    expect(policy.decide(request)).toMatchObject({ outcome: 'authenticated' })
    expect(policy.decide(request)).toBe(policy.decide(request))
    await clock.advance(1)
    expect(policy.decide(request)).toMatchObject({ outcome: 'invalid' })
  })

  test('each of 10000 keys is found, and is its own', async () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => ({ id: `key-${i}`, hash: hashApiKey(`secret-${i}`) }))
    const policy = apiKey({ keys })
    for (const i of [0, 1, 4999, 9999]) {
      const request = inboundRequest({ rawHeaders: ['x-api-key', `secret-${i}`], socket: {} })
      expect(policy.decide(request)).toMatchObject({ identity: { party: `key-${i}` } })
    }
    expect(await verdict({ keys }, 'secret-10000')).toBe('unknown')
  })

  test('changing the options later changes nothing', async () => {
    const record = { id: 'a', hash: hashApiKey('a'), scope: ['x'] }
    const policy = apiKey({ keys: [record] })
    record.scope.push('admin')
    const decision = await policy.decide(inboundRequest({ rawHeaders: ['x-api-key', 'a'], socket: {} }))
    expect(decision).toMatchObject({ identity: { scope: ['x'] } })
  })

  test('a key with characters beyond ASCII is taken as the UTF-8 that was sent', async () => {
    const keys = [{ id: 'a', hash: hashApiKey('schlüssel') }]
    expect(await verdict({ keys }, Buffer.from('schlüssel').toString('latin1'))).toBe('a')
    expect(await verdict({ keys }, 'schlüssel')).toBe('unknown')
  })
})

describe('keys in a database', () => {
  const known = { id: 'a', hash: hashApiKey('secret'), party: 'acme' }

  test.each([
    ['at once', () => known],
    ['later', async () => known],
    ['by a query', () => query(known)],
  ])('are found by their hash, answered %s', async (_when, find) => {
    expect(await verdict({ keys: (hash) => (hash === known.hash ? find() : undefined) }, 'secret')).toBe('acme')
    expect(await verdict({ keys: (hash) => (hash === known.hash ? find() : undefined) }, 'other')).toBe('unknown')
  })

  test('a record for another hash is none', async () => {
    expect(await verdict({ keys: async () => known }, 'other')).toBe('unknown')
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['answers nonsense', () => ({ id: 'a' }) as never],
  ])('that %s leaves it undecided', async (_what, keys) => {
    expect((await decide({ keys }, 'secret')).outcome).toBe('undecided')
  })
})

describe('generateApiKey', () => {
  test('makes keys that are accepted, long, and unlike', async () => {
    const made = Array.from({ length: 100 }, () => generateApiKey({ prefix: 'acme_live' }))
    const { key, id, hash } = made[0] as (typeof made)[0]
    expect(await verdict({ keys: [{ id, hash }] }, key)).toBe(id)
    expect(key).toMatch(/^acme_live_[0-9a-f]{12}_[A-Za-z0-9_-]{43}$/)
    expect(hash).toBe(hashApiKey(key))
    expect(new Set(made.map((one) => one.key)).size).toBe(100)
  })

  test('refuses a prefix that a header or a word boundary would break', () => {
    expect(() => generateApiKey({ prefix: 'a b' })).toThrow(expect.objectContaining({ option: 'prefix' }))
  })
})

test('a hash says nothing of the key', () => {
  expect(hashApiKey('secret')).toMatch(/^sha256:[A-Za-z0-9_-]{43}$/)
  expect(() => hashApiKey('')).toThrow(expect.objectContaining({ option: 'secret' }))
})
