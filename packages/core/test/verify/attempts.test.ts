import {
  apiKey,
  type BasicOptions,
  basic,
  type Decision,
  hashApiKey,
  type InboundRequest,
  inboundRequest,
  type Policy,
} from '@auth/core/verify'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../support/clock.ts'

const PEER = '192.0.2.1'

function request(username: string, password: string, remoteAddress = PEER): InboundRequest {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  return inboundRequest({ rawHeaders: ['Authorization', authorization], socket: { remoteAddress } })
}
async function outcome(policy: Policy, ...sent: Parameters<typeof request>): Promise<string> {
  return (await policy.decide(request(...sent))).outcome
}
const users = (options: Partial<BasicOptions> = {}): Policy =>
  basic({
    verify: async (username, password) => (password === `${username}-right` ? { party: username } : undefined),
    attempts: { max: 3, window: 1000 },
    ...options,
  })

async function fail(policy: Policy, times: number, username = 'acme', peer = PEER): Promise<string[]> {
  const outcomes: string[] = []
  for (let i = 0; i < times; i++) outcomes.push(await outcome(policy, username, `wrong-${i}`, peer))
  return outcomes
}

describe('guessing a password', () => {
  test('is answered with a pause after `max` failures, right or wrong', async () => {
    const policy = users()
    expect(await fail(policy, 4)).toEqual(['invalid', 'invalid', 'invalid', 'throttled'])
    expect(await outcome(policy, 'acme', 'acme-right')).toBe('throttled')
  })

  test('says when it may go on, and goes on then', async () => {
    const clock = manualClock()
    const policy = users({ clock })
    await fail(policy, 1)
    await clock.advance(400)
    await fail(policy, 2)
    expect(await policy.decide(request('acme', 'x'))).toMatchObject({ outcome: 'throttled', retryAfter: 0.6 })
    await clock.advance(600)
    expect(await outcome(policy, 'acme', 'acme-right')).toBe('authenticated')
  })

  test('is the same for a name that does not exist', async () => {
    expect(await fail(users(), 4, 'nobody')).toEqual(await fail(users(), 4, 'acme'))
  })

  test('with all attempts at once is no way around', async () => {
    const policy = users()
    const decisions = await Promise.all(Array.from({ length: 50 }, (_, i) => outcome(policy, 'acme', `wrong-${i}`)))
    expect(decisions.filter((decision) => decision === 'invalid')).toHaveLength(3)
  })

  test('locks nobody else out: not the same name from elsewhere, not another name from here', async () => {
    const policy = users()
    await fail(policy, 10)
    expect(await outcome(policy, 'acme', 'acme-right', '192.0.2.2')).toBe('authenticated')
    expect(await outcome(policy, 'globex', 'globex-right')).toBe('authenticated')
  })

  test('does not lock out whoever was let in before, behind the same address', async () => {
    const policy = users()
    expect(await outcome(policy, 'acme', 'acme-right')).toBe('authenticated')
    expect((await fail(policy, 10)).at(-1)).toBe('throttled')
    expect(await outcome(policy, 'acme', 'acme-right')).toBe('authenticated')
  })

  test('counts successes for nothing', async () => {
    const policy = users()
    await fail(policy, 2)
    for (let i = 0; i < 10; i++) expect(await outcome(policy, 'acme', 'acme-right')).toBe('authenticated')
    expect(await fail(policy, 2)).toEqual(['invalid', 'throttled'])
  })

  test('does not turn a burst of the honest user away: it is one attempt, and one call of `verify`', async () => {
    let calls = 0
    const policy = users({
      verify: async (username) => {
        calls++
        return { party: username }
      },
    })
    const burst = await Promise.all(Array.from({ length: 50 }, () => outcome(policy, 'acme', 'acme-right')))
    expect(new Set(burst)).toEqual(new Set(['authenticated']))
    expect(calls).toBe(1)
    expect(await outcome(policy, 'acme', 'acme-right')).toBe('authenticated')
    expect(calls).toBe(2)
  })

  test('counts an undecided attempt for nothing', async () => {
    const policy = users({ verify: () => Promise.reject(new Error('down')) })
    expect(new Set(await fail(policy, 10))).toEqual(new Set(['undecided']))
  })

  test('from one IPv6 network is one peer, from two networks two', async () => {
    const policy = users()
    await fail(policy, 3, 'acme', '2001:db8:0:1::1')
    expect(await outcome(policy, 'acme', 'x', '2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe('throttled')
    expect(await outcome(policy, 'acme', 'x', '2001:db8::1:0:0:0:2')).toBe('throttled')
    expect(await outcome(policy, 'acme', 'x', '2001:db8:0:2::1')).toBe('invalid')
  })

  test('goes by another peer where an option says so', async () => {
    const policy = users({ attempts: { max: 1, peer: (from) => from.header('x-client')[0] ?? '' } })
    const from = (client: string): InboundRequest => ({
      ...request('acme', 'x'),
      header: (name) => (name === 'x-client' ? [client] : request('acme', 'x').header(name)),
    })
    expect((await policy.decide(from('a'))).outcome).toBe('invalid')
    expect((await policy.decide(from('a'))).outcome).toBe('throttled')
    expect((await policy.decide(from('b'))).outcome).toBe('invalid')
  })

  test('can be left unlimited', async () => {
    expect(new Set(await fail(users({ attempts: false }), 100))).toEqual(new Set(['invalid']))
  })
})

describe('a slow `verify`', () => {
  test('runs a bounded number of times at once; others wait, and beyond that are turned away', async () => {
    let running = 0
    let most = 0
    const ends: (() => void)[] = []
    const policy = basic({
      concurrency: 2,
      verify: async (username) => {
        most = Math.max(most, ++running)
        await new Promise<void>((resolve) => ends.push(resolve))
        running--
        return { party: username }
      },
    })
    const decisions = Array.from({ length: 40 }, (_, i) => policy.decide(request(`user-${i}`, 'x')))
    const turnedAway = decisions.filter((decision) => !(decision instanceof Promise)) as Decision[]
    expect(turnedAway).toHaveLength(6)
    expect(turnedAway[0]).toMatchObject({ outcome: 'undecided', retryAfter: 1 })
    const all = Promise.all(decisions)
    for (let i = 0; i < 34; i++) {
      await expect.poll(() => ends.length).toBeGreaterThan(i)
      ends[i]?.()
    }
    expect((await all).filter(({ outcome }) => outcome === 'authenticated')).toHaveLength(34)
    expect(most).toBe(2)
  })
})

describe('a wrong API key', () => {
  const keys = [{ id: 'a', hash: hashApiKey('right') }]
  const send = async (policy: Policy, key: string): Promise<string> =>
    (await policy.decide(inboundRequest({ rawHeaders: ['x-api-key', key], socket: { remoteAddress: PEER } }))).outcome

  test.each([
    ['in a list', keys],
    ['in a database', async (hash: string) => keys.find((key) => key.hash === hash)],
  ])('sent again and again gets a pause, and the right one from the same peer does not; %s', async (_where, given) => {
    const policy = apiKey({ keys: given, attempts: { max: 2 } })
    const outcomes = []
    for (let i = 0; i < 3; i++) outcomes.push(await send(policy, 'wrong'))
    expect(outcomes).toEqual(['invalid', 'invalid', 'throttled'])
    const burst = await Promise.all(Array.from({ length: 5 }, () => send(policy, 'right')))
    expect(burst).toEqual(Array(5).fill('authenticated'))
    for (let i = 0; i < 5; i++) expect(await send(policy, 'right')).toBe('authenticated')
  })
})

test.each([
  ['verify', () => basic({} as BasicOptions)],
  ['concurrency', () => users({ concurrency: 0 })],
  ['attempts.max', () => users({ attempts: { max: 0 } })],
  ['attempts.window', () => users({ attempts: { window: Number.NaN } })],
  ['attempts.peer', () => users({ attempts: { peer: 'x' as never } })],
])('a wrong %s fails at once', (option, make) => {
  expect(make).toThrow(expect.objectContaining({ option }))
})
