import express from 'express'
import { describe, expect, test } from 'vitest'
import { allOf, anyOf, apiKey, basic, bearer, getIdentity, hashApiKey, type Policy, requireAuth } from '../src/index.ts'
import { type Running, serve } from './support/server.ts'

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

let calls = 0
const protect = (policy: Policy): Promise<Running> =>
  serve(
    express().get('/', requireAuth(policy), (request, response) => {
      calls++
      response.json(getIdentity(request))
    }),
  )
const oneParty = (states: readonly State[]): boolean =>
  new Set(states.filter((state) => state !== 'missing')).size === 1

async function check(policy: Policy, states: readonly State[], expected: number): Promise<void> {
  const { send } = await protect(policy)
  const before = calls
  const { status, headers: got } = await send({ headers: headers(states) })
  expect(status).toBe(expected)
  expect(calls - before).toBe(expected === 200 ? 1 : 0)
  expect(got['www-authenticate'] !== undefined).toBe(expected === 401)
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
  const forwards = await protect(allOf(...layers))
  const backwards = await protect(allOf(...layers.toReversed()))
  for (const states of combinations) {
    const [one, other] = await Promise.all([forwards, backwards].map(({ send }) => send({ headers: headers(states) })))
    expect(one?.status).toBe(other?.status)
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
    const { send } = await protect(combine(...policies))
    await send({ headers: headers(['invalid', 'missing', 'valid']) })
    expect(asked).toEqual(['first', 'token'])
  }
})

test('two layers of one scheme go by names of their own', async () => {
  const { send } = await protect(allOf(layers[0], layers[1]))
  const { json } = await send({ headers: headers(['valid', 'valid', 'missing']) })
  expect(Object.keys(json.layers)).toEqual(['first', 'second'])
})

test('two layers of one name are kept apart by a number', async () => {
  const { send } = await protect(allOf(token, basic({ name: 'bearer', verify: () => undefined })))
  expect((await send({ headers: headers(['missing', 'missing', 'valid']) })).status).toBe(401)
  const twice = await protect(allOf(token, anyOf(token, layers[0])))
  const { json } = await twice.send({ headers: headers(['valid', 'missing', 'valid']) })
  expect(Object.keys(json.layers)).toEqual(['bearer', 'bearer2'])
})
