import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  hashApiKey,
  inboundRequest,
  type Policy,
  refusalResponse,
} from '@auth/core/verify'
import { describe, expect, test } from 'vitest'

// Three layers that ride in three places, each missing, valid, invalid or valid for another party.
const STATES = ['missing', 'valid', 'other', 'invalid'] as const
type State = (typeof STATES)[number]

const key = (name: string): Policy =>
  apiKey({
    name,
    header: `x-${name}`,
    attempts: false,
    keys: [
      { id: 'valid', hash: hashApiKey('valid'), party: 'acme' },
      { id: 'other', hash: hashApiKey('other'), party: 'globex' },
    ],
  })
const token = bearer(async (value) => {
  const parties: Record<string, string> = { valid: 'acme', other: 'globex' }
  const sub = parties[value]
  return sub === undefined ? undefined : { sub }
})
const layers = [key('first'), key('second'), token] as const

const headers = (states: readonly State[]): Record<string, string> => ({
  ...(states[0] !== 'missing' && { 'x-first': states[0] as string }),
  ...(states[1] !== 'missing' && { 'x-second': states[1] as string }),
  ...(states[2] !== 'missing' && { authorization: `Bearer ${states[2]}` }),
})
const combinations = STATES.flatMap((a) => STATES.flatMap((b) => STATES.map((c) => [a, b, c] as const)))

async function decide(policy: Policy, states: readonly State[]) {
  const rawHeaders = Object.entries(headers(states)).flat()
  const decision = await policy.decide(inboundRequest({ rawHeaders, socket: { remoteAddress: '192.0.2.1' } }))
  if (decision.outcome === 'authenticated') return { status: 200, identity: decision.identity, challenges: undefined }
  const { status, headers: sent } = refusalResponse(decision)
  return { status, identity: undefined, challenges: sent['www-authenticate'] }
}
const oneParty = (states: readonly State[]): boolean =>
  new Set(states.filter((state) => state !== 'missing')).size === 1

async function check(policy: Policy, states: readonly State[], expected: number): Promise<void> {
  const { status, challenges } = await decide(policy, states)
  expect(status).toBe(expected)
  expect(challenges !== undefined).toBe(expected === 401)
}

describe('allOf needs every layer, of one party', () => {
  test.each(combinations)('%s, %s, %s', async (...states) => {
    const complete = states.every((state) => state === 'valid' || state === 'other')
    await check(allOf(...layers), states, complete ? (oneParty(states) ? 200 : 403) : 401)
  })
})

describe('anyOf needs one layer, and nothing that is presented may be wrong', () => {
  test.each(combinations)('%s, %s, %s', async (...states) => {
    const presented = states.filter((state) => state !== 'missing')
    const wrong = presented.length === 0 || presented.includes('invalid')
    await check(anyOf(...layers), states, wrong ? 401 : oneParty(states) ? 200 : 403)
  })
})

describe('allOf in anyOf: the first and the second, or the third', () => {
  test.each(combinations)('%s, %s, %s', async (...states) => {
    const [a, b, c] = states
    const pair = a !== 'missing' && b !== 'missing'
    const expected = (): number => {
      if (a === 'invalid' || b === 'invalid') return 401
      if (pair && a !== b) return 403
      if (c === 'invalid' || (!pair && c === 'missing')) return 401
      return oneParty(states) ? 200 : 403
    }
    await check(anyOf(allOf(layers[0], layers[1]), layers[2]), states, expected())
  })
})

describe('anyOf in allOf: the first, and one of the others', () => {
  test.each(combinations)('%s, %s, %s', async (...states) => {
    const [a, b, c] = states
    const wrong = a === 'missing' || states.includes('invalid') || (b === 'missing' && c === 'missing')
    await check(allOf(layers[0], anyOf(layers[1], layers[2])), states, wrong ? 401 : oneParty(states) ? 200 : 403)
  })
})

test('the order of the layers does not matter', async () => {
  for (const states of combinations) {
    const one = await decide(allOf(...layers), states)
    const other = await decide(allOf(...layers.toReversed()), states)
    expect(one.status).toBe(other.status)
  }
})

test('every layer is asked, whatever the first says', async () => {
  const asked: string[] = []
  const watch = (policy: Policy, name: string): Policy => ({
    layers: policy.layers,
    decide(request) {
      asked.push(name)
      return policy.decide(request)
    },
  })
  const policies = [watch(layers[0], 'first'), watch(token, 'token')]
  for (const combine of [allOf, anyOf]) {
    asked.length = 0
    await decide(combine(...policies), ['invalid', 'missing', 'valid'])
    expect(asked).toEqual(['first', 'token'])
  }
})

test('two layers of one scheme go by names of their own', async () => {
  const { identity } = await decide(allOf(layers[0], layers[1]), ['valid', 'valid', 'missing'])
  expect(Object.keys(identity?.layers ?? {})).toEqual(['first', 'second'])
})

test('two layers of one name are kept apart by a number', async () => {
  const named = allOf(token, basic({ name: 'bearer', verify: () => undefined }))
  expect((await decide(named, ['missing', 'missing', 'valid'])).status).toBe(401)
  const { identity } = await decide(allOf(token, anyOf(token, layers[0])), ['valid', 'missing', 'valid'])
  expect(Object.keys(identity?.layers ?? {})).toEqual(['bearer', 'bearer2'])
})
