import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AuthRequest, Strategy } from '@auth/core'
import * as core from '@auth/core'
import { carriers } from '@auth/core/carriers'
import { describe, expect, test } from 'vitest'
import { hastyClock } from '../support/clock.ts'
import { bodyText, documented, fill, type Stage, stage } from './wire.ts'

const withTokens = carriers.filter(({ about }) => about.token !== undefined)

test('every file of a carrier is in the list, and in the root export under its factory’s name', () => {
  const files = readdirSync(join(import.meta.dirname, '../../src/carriers')).map((name) => name.slice(0, -3))
  expect(carriers.map(({ id }) => id)).toEqual(files.sort())
  for (const { name, create } of carriers) expect(Reflect.get(core, name)).toBe(create)
})

describe.each(carriers.map((carrier) => [carrier.id, carrier] as const))('%s', (_, carrier) => {
  const { about, profile } = carrier

  test('says where each credential is found, and nothing of others', () => {
    expect(Object.keys(about.credentials).sort()).toEqual(Object.keys(profile.secrets).sort())
    for (const where of Object.values(about.credentials)) expect(where.length).toBeGreaterThan(10)
    expect(about.sources.length).toBeGreaterThan(0)
    expect(about.read).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  test('attaches to the letter what its description says', async () => {
    const on = await stage(carrier)
    const strategy = carrier.create(on.credentials, { ...on.options, clock: hastyClock() })
    for (const request of about.api) {
      const sent = await authorized(strategy, on, request)
      expect(sent).toEqual(documented(request, on.values))
    }
  })

  test('names a credential that is missing, undefined, empty or unknown', async () => {
    const { credentials, options } = await stage(carrier)
    for (const name of Object.keys(credentials)) {
      const { [name]: __, ...others } = credentials
      expect(() => carrier.create(others, options)).toThrow(new RegExp(`^${name}: is missing`))
      for (const wrong of [undefined, '', 5, `a\nb`]) {
        expect(() => carrier.create({ ...credentials, [name]: wrong }, options)).toThrow(new RegExp(`^${name}[.:]`))
      }
    }
    expect(() => carrier.create({ ...credentials, pasword: 'x' }, options)).toThrow(/^pasword: is not a credential of/)
    expect(() => carrier.create(credentials, { ...options, enviroment: 'x' })).toThrow(/^enviroment: is not an option/)
    expect(() => carrier.create(undefined as never, options)).toThrow(/^credentials: /)
  })

  test('trusts the hosts of its environment, and refuses those of the others', async () => {
    const { credentials } = await stage(carrier)
    const { environments, selectedBy } = carrier
    const own = about.options?.origins === undefined ? (about.options ?? {}) : {}
    for (const [name, { origins, tokenEndpoint }] of Object.entries(environments)) {
      const options = { ...own, ...(selectedBy !== undefined && { [selectedBy]: name }) }
      if (origins !== undefined) expect(carrier.create(credentials, options).origins).toEqual(origins)
      else expect(() => carrier.create(credentials, options)).toThrow(/^origins: is required/)
      const mine = [...(origins ?? []), ...(tokenEndpoint === undefined ? [] : [new URL(tokenEndpoint).origin])]
      const foreign = Object.values(environments)
        .flatMap((other) => other.origins ?? [])
        .filter((origin) => !mine.includes(origin))
      for (const origin of foreign) {
        const given = { ...options, origins: [origin] }
        expect(() => carrier.create(credentials, given)).toThrow(/^origins: .* belongs to another environment/)
      }
    }
    if (selectedBy === undefined) return
    const unset = { ...own, [selectedBy]: undefined }
    expect(() => carrier.create(credentials, unset)).toThrow(new RegExp(`^${selectedBy}: .*is the variable set\\?`))
    expect(() => carrier.create(credentials, { ...own, [selectedBy]: 'moon' })).toThrow(/must be one of/)
  })

  test('sends nothing to another host', async () => {
    const on = await stage(carrier)
    const strategy = carrier.create(on.credentials, on.options)
    expect(await strategy.authorize({ url: 'https://elsewhere.example/', method: 'GET', headers: {} })).toEqual({})
    expect(on.tokenRequests).toEqual([])
  })

  const refusals = (about.refusals ?? []).filter(({ at }) => at === 'api')
  for (const refusal of refusals) {
    test(`${refusal.status} of the API is ${refusal.effect}: ${refusal.means}`, async () => {
      const on = await stage(carrier)
      const strategy = carrier.create(on.credentials, { ...on.options, clock: hastyClock() })
      const request = requestOf(about.api[0] ?? [], on)
      const { headers = {} } = await strategy.authorize(request)
      const before = on.tokenRequests.length
      const answer = {
        status: refusal.status,
        headers: refusal.headers ?? {},
        body: async () => bodyText(refusal.body ?? '', on.values),
      }
      const again = await strategy.recover({ ...request, headers }, answer)
      expect(again).toBe(refusal.effect === 'recovered')
      await strategy.authorize(request)
      expect(on.tokenRequests.length - before).toBe(refusal.effect === 'recovered' ? 1 : 0)
    })
  }
})

describe.each(withTokens.map((carrier) => [carrier.id, carrier] as const))('the token of %s', (_, carrier) => {
  const { about } = carrier

  test('is requested to the letter, once for twenty callers', async () => {
    const on = await stage(carrier)
    const strategy = carrier.create(on.credentials, on.options)
    const request = requestOf(about.api[0] ?? [], on)
    await Promise.all(Array.from({ length: 20 }, () => strategy.authorize(request)))
    expect(on.tokenRequests).toEqual([documented(about.token?.request ?? [], on.values)])
  })

  for (const refusal of (about.refusals ?? []).filter(({ at }) => at === 'token')) {
    test(`${refusal.status} is ${refusal.effect}: ${refusal.means}`, async () => {
      const on = await stage(carrier)
      const clock = hastyClock()
      const strategy = carrier.create(on.credentials, { ...on.options, clock })
      const request = requestOf(about.api[0] ?? [], on)
      const call = async (): Promise<unknown> => {
        try {
          return await strategy.authorize(request)
        } catch (error) {
          return (error as core.AuthError).code
        }
      }
      on.next.push(refusal)
      const all = await Promise.all(Array.from({ length: 20 }, call))
      if (refusal.effect === 'unavailable') {
        expect(new Set(all.map((outcome) => typeof outcome))).toEqual(new Set(['object']))
        expect(on.tokenRequests).toHaveLength(2)
        return
      }
      const code = refusal.effect === 'rejected' ? 'ERR_AUTH_CREDENTIALS_REJECTED' : 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
      expect(new Set([...all, await call()])).toEqual(new Set([code]))
      expect(on.tokenRequests).toHaveLength(1)
      if (refusal.penalty === undefined) return
      await expect(strategy.authorize(request)).rejects.toSatisfy(({ retryAt }: core.CredentialsRejectedError) => {
        return Math.abs((retryAt ?? 0) - clock.now() - (refusal.penalty ?? 0)) < 1000
      })
    })
  }
})

/** The request of an application, without what the strategy attaches. */
function requestOf(wire: readonly string[], { origin, values }: Stage): AuthRequest {
  const [method = 'GET', path = '/'] = fill(wire[0] ?? '', values).split(' ')
  return { url: `${origin}${path.split('?')[0]}`, method, headers: {} }
}

/** The request with what the strategy attached, as wire text. */
async function authorized(strategy: Strategy, on: Stage, wire: readonly string[]): Promise<string[]> {
  const request = requestOf(wire, on)
  const { headers = {}, query = {} } = await strategy.authorize(request)
  // A query of the application stays: of the documented one, only what the strategy adds is compared.
  const documentedQuery = new URLSearchParams(
    fill(wire[0] ?? '', on.values)
      .split(' ')[1]
      ?.split('?')[1] ?? '',
  )
  const merged = new URLSearchParams({ ...Object.fromEntries(documentedQuery), ...query })
  for (const [name, value] of documentedQuery) if (Object.values(on.values).includes(value)) merged.delete(name)
  for (const [name, value] of Object.entries(query)) merged.set(name, value)
  const text = merged.toString()
  const line = `${request.method} ${new URL(request.url).pathname}${text === '' ? '' : `?${text}`}`
  return [
    line,
    ...Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .sort(),
  ]
}
