import { type Claims, inboundRequest, type JwtOptions, jwt, VerificationError, type Verifier } from '@auth/core/verify'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../support/clock.ts'
import { query } from '../support/foreign.ts'
import { AUDIENCE, ISSUER, REQUEST, signingKey } from './issuer.ts'

const key = await signingKey()
const stranger = await signingKey()

let clock: ManualClock
/** Tokens whose signature was verified, by `jti`. */
let verified: (string | undefined)[]

beforeEach(() => {
  clock = manualClock()
  verified = []
})

const verifier = (options: Partial<JwtOptions> = {}): Verifier =>
  jwt({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: { keys: [key.jwk] },
    clock,
    validate: ({ jti }) => verified.push(jti) > 0,
    ...options,
  })
const token = (claims: Record<string, unknown> = {}): Promise<string> => key.token(clock.now(), claims)

async function reason(verify: Verifier, text: string): Promise<string> {
  try {
    await verify(text, REQUEST)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error
    return error.reason
  }
}

test('a token is verified once, and remembered with its claims frozen', async () => {
  const verify = verifier()
  const text = await token({ jti: 'a', roles: [{ name: 'user' }] })
  const first = (await verify(text, REQUEST)) as Claims
  const again = verify(text, REQUEST)
  expect(again).toBe(first)
  expect(verified).toEqual(['a'])
  expect(() => (first.roles as { name: string }[]).push({ name: 'admin' })).toThrow(TypeError)
})

test('without a cache it is verified each time', async () => {
  const verify = verifier({ cacheSize: 0 })
  const text = await token({ jti: 'a' })
  await verify(text, REQUEST)
  await verify(text, REQUEST)
  expect(verified).toEqual(['a', 'a'])
})

test('a remembered token ends when it expires', async () => {
  const verify = verifier()
  const text = await token({ exp: clock.now() / 1000 + 60 })
  expect(await reason(verify, text)).toBe('accepted')
  await clock.advance(59_999)
  expect(await reason(verify, text)).toBe('accepted')
  await clock.advance(1)
  expect(await reason(verify, text)).toBe('expired')
})

test('beyond its expiry a token is accepted for the tolerance, and not out of the cache', async () => {
  const verify = verifier({ clockTolerance: 5 })
  const text = await token({ jti: 'a', exp: clock.now() / 1000 + 60 })
  await verify(text, REQUEST)
  await clock.advance(60_000)
  expect(await reason(verify, text)).toBe('accepted')
  expect(verified).toEqual(['a', 'a'])
  await clock.advance(5000)
  expect(await reason(verify, text)).toBe('expired')
})

test('the expiry and the start of a token are exact to the second', async () => {
  const verify = verifier()
  const seconds = clock.now() / 1000
  expect(await reason(verify, await token({ exp: seconds }))).toBe('expired')
  expect(await reason(verify, await token({ exp: seconds + 1 }))).toBe('accepted')
  expect(await reason(verify, await token({ nbf: seconds + 1 }))).toBe('not_yet_valid')
  expect(await reason(verify, await token({ nbf: seconds }))).toBe('accepted')
})

test('a token that is refused as too early is not remembered as refused', async () => {
  const verify = verifier()
  const text = await token({ nbf: clock.now() / 1000 + 60 })
  expect(await reason(verify, text)).toBe('not_yet_valid')
  await clock.advance(60_000)
  expect(await reason(verify, text)).toBe('accepted')
})

test('invalid tokens do not push valid ones out', async () => {
  const verify = verifier({ cacheSize: 1 })
  const text = await token({ jti: 'a' })
  await verify(text, REQUEST)
  for (let i = 0; i < 100; i++) {
    expect(await reason(verify, await stranger.token(clock.now()))).toBe('signature')
    expect(await reason(verify, `${text}${i}`)).not.toBe('accepted')
  }
  await verify(text, REQUEST)
  expect(verified).toEqual(['a'])
})

test('the cache is bounded: the token used longest ago goes', async () => {
  const verify = verifier({ cacheSize: 2 })
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((jti) => token({ jti })))
  for (const text of [a, b, a, c, a, b]) await verify(text as string, REQUEST)
  expect(verified).toEqual(['a', 'b', 'c', 'b'])
})

test('what one verifier remembers is nothing to another with another audience', async () => {
  const text = await token()
  expect(await reason(verifier(), text)).toBe('accepted')
  expect(await reason(verifier({ audience: 'https://other.example' }), text)).toBe('audience')
})

test('other spellings of a remembered token are refused', async () => {
  const verify = verifier()
  const text = await token()
  await verify(text, REQUEST)
  for (const alias of [`${text}=`, `${text}==`, `${text} `, text.replace('.', '=.'), `${text}.`]) {
    expect(await reason(verify, alias)).toBe('malformed')
  }
})

test('a certificate is asked for each time, not only the first', async () => {
  const verify = verifier()
  const text = await token({ cnf: { 'x5t#S256': 'A'.repeat(43) } })
  expect(await reason(verify, text)).toBe('confirmation')
  expect(await reason(verify, text)).toBe('confirmation')
  expect(verified).toHaveLength(1)
})

describe('revocation', () => {
  test.each([
    ['at once', (jti: unknown, revoked: Set<unknown>) => revoked.has(jti)],
    ['later', async (jti: unknown, revoked: Set<unknown>) => revoked.has(jti)],
    ['by a query', (jti: unknown, revoked: Set<unknown>) => query(revoked.has(jti))],
  ])(
    'a revoked token is refused on the next request, and verified anew afterwards; answered %s',
    async (_when, ask) => {
      const revoked = new Set<unknown>()
      const verify = verifier({ isRevoked: ({ jti }) => ask(jti, revoked) })
      const text = await token({ jti: 'a' })
      expect(await reason(verify, text)).toBe('accepted')
      revoked.add('a')
      expect(await reason(verify, text)).toBe('revoked')
      revoked.delete('a')
      expect(await reason(verify, text)).toBe('accepted')
      expect(verified).toEqual(['a', 'a'])
    },
  )

  test('a list that answers nonsense refuses', async () => {
    const verify = verifier({ isRevoked: (() => undefined) as never })
    expect(await reason(verify, await token())).toBe('revoked')
  })

  test('a list that fails is an error, not an acceptance', async () => {
    const verify = verifier({ isRevoked: () => Promise.reject(new Error('list down')) })
    await expect(verify(await token(), REQUEST)).rejects.toThrow('list down')
  })
})

test('`validate` refuses, and what it lets through is asked once', async () => {
  const verify = verifier({ validate: ({ tenant }) => tenant === 'eu' })
  expect(await reason(verify, await token({ tenant: 'us' }))).toBe('claim')
  expect(await reason(verify, await token({ tenant: 'eu' }))).toBe('accepted')
})

test('`requiredClaims` refuses a token without them', async () => {
  const verify = verifier({ requiredClaims: ['tenant'] })
  expect(await reason(verify, await token())).toBe('claim')
  expect(await reason(verify, await token({ tenant: 'eu' }))).toBe('accepted')
})

test('`typ` of RFC 9068 refuses other types', async () => {
  const verify = verifier({ typ: 'application/AT+JWT' })
  expect(await reason(verify, await token())).toBe('accepted')
  expect(await reason(verifier({ typ: 'other+jwt' }), await token())).toBe('type')
})

test('a request is reduced to what came over the wire', () => {
  const request = inboundRequest({ rawHeaders: ['X-Api-Key', 'a', 'x-api-key', 'b', 'x-api-kez', 'c'], socket: {} })
  expect(request.header('x-api-key')).toEqual(['a', 'b'])
  expect(request.header('authorization')).toEqual([])
})
