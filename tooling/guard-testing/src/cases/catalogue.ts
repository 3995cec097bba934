import { allOf, anyOf, apiKey, basic, bearer, hashApiKey, jwt, type Policy } from '@auth/core/verify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KEY, OTHER_KEY, PASSWORD } from '../attacks/credentials.ts'
import { type Attack, AUDIENCE, forge, ISSUER, jwks } from '../attacks/forge.ts'
import { catalogue } from '../attacks/index.ts'
import { comparable, type MakeRoutes, type Served, served } from '../bench.ts'
import type { Limits, ServeGuard } from '../guard-route.ts'
import { serveReference } from '../reference-server.ts'

const routes: MakeRoutes = () => {
  const tokens = bearer(jwt({ issuer: ISSUER, audience: AUDIENCE, jwks: jwks as never }))
  const keys = apiKey({
    keys: [
      { id: 'live', hash: hashApiKey(KEY), party: 'acme' },
      { id: 'globex', hash: hashApiKey(OTHER_KEY), party: 'globex' },
      { id: 'expired', hash: hashApiKey('expired-key'), party: 'acme', expiresAt: Date.now() - 1 },
      { id: 'future', hash: hashApiKey('future-key'), party: 'acme', notBefore: Date.now() + 3_600_000 },
    ],
  })
  const users = new Map([['acme', PASSWORD]])
  const passwords = basic({
    verify: (username, password) => (users.get(username) === password ? { party: username } : undefined),
  })
  const protect = (path: string, policy: Policy, scopes?: readonly string[]) => ({
    path,
    guards: [{ policy }],
    handle: (identity: unknown) => identity,
    ...(scopes && { scopes }),
  })
  return [
    protect('/', tokens),
    protect('/scope', tokens, ['labels:read']),
    protect('/key', keys),
    protect('/basic', passwords),
    protect('/all', allOf(keys, tokens)),
    protect('/any', anyOf(keys, tokens)),
  ]
}

const credential = `Basic ${Buffer.from(`acme:${PASSWORD}`).toString('base64')}`

/** What the attacks start from: each must be let through. */
const accepted: readonly Attack[] = [
  { name: 'RS256', headers: { authorization: `Bearer ${forge()}` } },
  { name: 'ES256', headers: { authorization: `Bearer ${forge({ key: 'ec', alg: 'ES256' })}` } },
  { name: 'ES384', headers: { authorization: `Bearer ${forge({ key: 'ec384', alg: 'ES384' })}` } },
  { name: 'EdDSA', headers: { authorization: `Bearer ${forge({ key: 'ed', alg: 'EdDSA' })}` } },
  { name: 'PS256', headers: { authorization: `Bearer ${forge({ key: 'rsaAny', kid: 'rsa-any', alg: 'PS256' })}` } },
  { name: 'typ JWT', headers: { authorization: `Bearer ${forge({ header: { typ: 'JWT' } })}` } },
  { name: 'no typ', headers: { authorization: `Bearer ${forge({ header: { typ: undefined } })}` } },
  { name: 'several spaces', headers: { authorization: `bEARER   ${forge()}` } },
  { name: 'a list of audiences', headers: { authorization: `Bearer ${forge({ claims: { aud: ['x', AUDIENCE] } })}` } },
  { name: 'a scope', path: '/scope', headers: { authorization: `Bearer ${forge()}` } },
  {
    name: 'a list of scopes',
    path: '/scope',
    headers: { authorization: `Bearer ${forge({ claims: { scope: ['labels:read'] } })}` },
  },
  { name: 'a key', path: '/key', headers: { 'x-api-key': KEY } },
  { name: 'Basic', path: '/basic', headers: { authorization: credential } },
  { name: 'a key and a token', path: '/all', headers: { 'x-api-key': KEY, authorization: `Bearer ${forge()}` } },
  { name: 'either', path: '/any', headers: { 'x-api-key': KEY } },
]

/** Every attack is refused, and answered and reported as by the reference. */
export function catalogueCases(serve: ServeGuard, limits: Limits): void {
  let framework: Served
  let reference: Served
  beforeAll(async () => {
    framework = await served(serve, routes)
    reference = await served(serveReference, routes)
  })
  afterAll(() => Promise.all([framework?.close(), reference?.close()]))

  const alike = async (attack: Attack): Promise<number> => {
    const before = [framework, reference].map(({ events }) => events.length)
    const [got, expected] = await Promise.all([framework.send(attack), reference.send(attack)])
    expect(comparable(got)).toEqual(comparable(expected))
    expect(framework.events.slice(before[0])).toEqual(reference.events.slice(before[1]))
    return got.status
  }

  describe('what the attacks start from is accepted', () => {
    test.for(accepted.map((attack) => [attack.name, attack] as const))('%s', async ([, attack]) => {
      expect(await alike(attack)).toBe(200)
    })
  })

  describe.for(Object.entries(catalogue))('attacks: %s', ([, attacks]) => {
    for (const attack of attacks) {
      const limit = limits[attack.name]
      test.skipIf(limit !== undefined)(limit === undefined ? attack.name : `${attack.name} (${limit})`, async () => {
        const before = framework.reached()
        expect([400, 401, 403, 431]).toContain(await alike(attack))
        expect(framework.reached()).toBe(before)
      })
    }
  })

  test('the catalogue has at least 500 cases, each with a name of its own', () => {
    const names = Object.values(catalogue).flatMap((attacks) => attacks.map(({ name }) => name))
    expect(names.length).toBeGreaterThanOrEqual(500)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
}
