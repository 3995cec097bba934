import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type JwtOptions, jwt, VerificationError, type Verifier } from '@auth/core/verify'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { hasRocaWeakness } from '../../src/verify/tokens/roca.ts'
import { type ManualClock, manualClock, until } from '../support/clock.ts'
import { type Answer, json, type Loopback, loopback } from '../support/loopback.ts'
import { AUDIENCE, ISSUER, REQUEST, type SigningKey, signingKey } from './issuer.ts'

const MINUTE = 60_000
const key = await signingKey()
const next = await signingKey('key-2')

interface Setup {
  readonly clock: ManualClock
  readonly server: Loopback
  readonly verify: (token: string) => Promise<string>
  /** What the JWKS endpoint answers from now on. */
  answer: Answer
}

async function setup(options: Partial<JwtOptions> = {}, keys: readonly SigningKey[] = [key]): Promise<Setup> {
  const clock = manualClock()
  const state = { answer: publish(...keys) }
  const server = await loopback((request, response) => state.answer(request, response))
  const verifier = jwt({
    issuer: ISSUER,
    audience: AUDIENCE,
    allowInsecureLoopback: true,
    clock,
    ...(options.discoveryUri === undefined && { jwksUri: `${server.origin}/jwks` }),
    ...options,
  })
  return Object.assign(state, { clock, server, verify: outcome(verifier) })
}

const publish =
  (...keys: readonly SigningKey[]): Answer =>
  (_request, response) =>
    json(response, 200, { keys: keys.map(({ jwk }) => jwk) })

const unavailable: Answer = (_request, response) => json(response, 500, { error: 'down' })

/** `accepted`, or the reason of the refusal. */
const outcome =
  (verifier: Verifier) =>
  async (token: string): Promise<string> => {
    try {
      await verifier(token, REQUEST)
      return 'accepted'
    } catch (error) {
      if (!(error instanceof VerificationError)) throw error
      return error.code === 'temporarily_unavailable' ? `unavailable, ${error.retryAfter} s` : error.reason
    }
  }

describe('fetching as little as possible', () => {
  test('50 requests at once fetch the keys once', async () => {
    const { clock, server, verify } = await setup()
    const tokens = await Promise.all(Array.from({ length: 50 }, () => key.token(clock.now())))
    expect(new Set(await Promise.all(tokens.map(verify)))).toEqual(new Set(['accepted']))
    expect(server.requests).toHaveLength(1)
  })

  test('a flood of unknown keys costs a few fetches, and the known key works on', async () => {
    const { clock, server, verify } = await setup()
    await verify(await key.token(clock.now()))
    await clock.advance(MINUTE)
    for (let i = 0; i < 200; i++) {
      expect(await verify(await renamed(`unknown-${i}`)(clock.now()))).toBe('key_not_found')
    }
    expect(await verify(await key.token(clock.now()))).toBe('accepted')
    expect(server.requests).toHaveLength(2)
  })

  test('a token of another issuer fetches nothing', async () => {
    const { clock, server, verify } = await setup()
    expect(await verify(await key.token(clock.now(), { iss: 'https://other.example' }))).toBe('issuer')
    expect(server.requests).toHaveLength(0)
  })
})

describe('rotation', () => {
  test('a new key is accepted within 35 seconds of a fetch that did not have it', async () => {
    const state = await setup()
    await state.verify(await key.token(state.clock.now()))
    state.answer = publish(key, next)
    expect(await state.verify(await next.token(state.clock.now()))).toBe('key_not_found')
    await state.clock.advance(30_000)
    expect(await state.verify(await next.token(state.clock.now()))).toBe('accepted')
    expect(await state.verify(await key.token(state.clock.now()))).toBe('accepted')
  })

  test('a removed key is refused within the hour, also for a token that was verified before', async () => {
    const state = await setup()
    const token = await key.token(state.clock.now())
    expect(await state.verify(token)).toBe('accepted')
    state.answer = publish(next)
    await state.clock.advance(10 * MINUTE)
    await state.verify(token)
    await until(() => state.server.requests.length === 2)
    await expect.poll(() => state.verify(token)).toBe('key_not_found')
  })

  test('a key replaced under the same name ends the tokens of the old one', async () => {
    const state = await setup()
    const replaced = await signingKey(key.jwk.kid)
    const token = await key.token(state.clock.now())
    expect(await state.verify(token)).toBe('accepted')
    state.answer = publish(replaced)
    await state.clock.advance(10 * MINUTE)
    await state.verify(token)
    await expect.poll(() => state.verify(token)).toBe('signature')
    expect(await state.verify(await replaced.token(state.clock.now()))).toBe('accepted')
  })

  test('a server that was idle for more than an hour does not use the keys it has', async () => {
    const state = await setup()
    const token = await key.token(state.clock.now())
    await state.verify(token)
    state.answer = publish(next)
    await state.clock.advance(60 * MINUTE)
    expect(await state.verify(token)).toBe('key_not_found')
  })

  test('tokens that name no key are tried with each', async () => {
    const { clock, verify } = await setup({}, [next, key])
    expect(await verify(await renamed(undefined)(clock.now()))).toBe('accepted')
  })
})

describe('an outage', () => {
  test('with keys at hand: they are used on for 50 minutes and not for more than an hour', async () => {
    const state = await setup()
    await state.verify(await key.token(state.clock.now()))
    state.answer = unavailable
    for (let minute = 0; minute < 59; minute++) {
      await state.clock.advance(MINUTE)
      expect(await state.verify(await key.token(state.clock.now()))).toBe('accepted')
    }
    await state.clock.advance(MINUTE)
    expect(await state.verify(await key.token(state.clock.now()))).toMatch(/^unavailable/)
  })

  test('without keys: it cannot be decided, with growing pauses between the fetches', async () => {
    const state = await setup()
    state.answer = unavailable
    const token = await key.token(state.clock.now())
    const fetches: number[] = []
    for (const wait of [0, 0, 0, 999, 1, 1999, 1, 60_000]) {
      await state.clock.advance(wait)
      expect(await state.verify(token)).toMatch(/^unavailable, \d+(\.\d+)? s$/)
      fetches.push(state.server.requests.length)
    }
    expect(fetches).toEqual([1, 1, 1, 1, 2, 2, 3, 4])
  })

  test('is over when the issuer is back', async () => {
    const state = await setup()
    state.answer = unavailable
    const token = await key.token(state.clock.now())
    await state.verify(token)
    state.answer = publish(key)
    await state.clock.advance(1000)
    expect(await state.verify(token)).toBe('accepted')
  })

  test('lasts as long as the issuer asks for, up to 5 minutes', async () => {
    const state = await setup()
    state.answer = (_request, response) => json(response, 429, {}, { 'retry-after': '120' })
    const token = await key.token(state.clock.now())
    expect(await state.verify(token)).toBe('unavailable, 120 s')
    await state.clock.advance(119_000)
    await state.verify(token)
    expect(state.server.requests).toHaveLength(1)
  })

  test('says of a key that is not at hand that it cannot be decided', async () => {
    const state = await setup()
    await state.verify(await key.token(state.clock.now()))
    state.answer = unavailable
    await state.clock.advance(MINUTE)
    expect(await state.verify(await next.token(state.clock.now()))).toMatch(/^unavailable/)
    expect(await state.verify(await key.token(state.clock.now()))).toBe('accepted')
  })

  test('a wall clock set back does not make keys young again', async () => {
    const state = await setup()
    await state.verify(await key.token(state.clock.now()))
    state.answer = publish(next)
    await state.clock.advance(60 * MINUTE)
    state.clock.setWall(state.clock.now() - 120 * MINUTE)
    expect(await state.verify(await key.token(state.clock.now()))).toBe('key_not_found')
  })
})

describe('a JWKS that is none leaves it undecided', () => {
  const huge = JSON.stringify({ keys: [key.jwk], padding: 'x'.repeat(300_000) })
  const answers: Record<string, Answer> = {
    'no answer': () => {},
    'headers and no body': (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
    },
    'a body that never ends': (_request, response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    },
    'a body cut short': (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('{"keys":[')
      setImmediate(() => response.destroy())
    },
    'more than 256 KiB': (_request, response) => json(response, 200, huge),
    'more than 256 KiB after decompression': (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync(huge))
    },
    'a redirect': (_request, response) => json(response, 302, {}, { location: '/elsewhere' }),
    'status 204': (_request, response) => json(response, 204, ''),
    'status 404 with keys': (_request, response) => json(response, 404, { keys: [key.jwk] }),
    HTML: (_request, response) => json(response, 200, '<html></html>'),
    'an empty body': (_request, response) => json(response, 200, ''),
    null: (_request, response) => json(response, 200, 'null'),
    'a list': (_request, response) => json(response, 200, [key.jwk]),
    'keys that are no list': (_request, response) => json(response, 200, { keys: { 0: key.jwk } }),
    'keys under __proto__': (_request, response) => json(response, 200, `{"__proto__":{"keys":[]}}`),
    'invalid UTF-8': (_request, response) => {
      response.writeHead(200)
      response.end(Buffer.concat([Buffer.from('{"keys":[],"x":"'), Buffer.from([0xff]), Buffer.from('"}')]))
    },
    'a closed connection': (request) => void request.socket.destroy(),
  }

  test.each(Object.entries(answers))('%s', async (_name, answer) => {
    const state = await setup({ timeout: 100 })
    state.answer = answer
    expect(await state.verify(await key.token(state.clock.now()))).toMatch(/^unavailable/)
    // None when the machine was too busy for the connection to be made in time.
    expect(state.server.requests.length).toBeLessThanOrEqual(1)
  })

  test('nobody listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { clock, verify } = await setup({ jwksUri: `http://127.0.0.1:${port}/` })
    expect(await verify(await key.token(clock.now()))).toMatch(/^unavailable/)
  })

  test('a fetch of the caller’s own that ignores its signal', async () => {
    const { clock, verify } = await setup({ timeout: 20, fetch: () => new Promise(() => {}) })
    expect(await verify(await key.token(clock.now()))).toMatch(/^unavailable/)
  })

  test('keys that are unusable are left out, and the others used', async () => {
    const state = await setup()
    state.answer = (_request, response) =>
      json(response, 200, {
        keys: [null, 1, 'x', [], {}, { kty: 'oct', k: 'AAAA' }, { ...next.jwk, d: 'AAAA' }, key.jwk],
      })
    expect(await state.verify(await key.token(state.clock.now()))).toBe('accepted')
    expect(await state.verify(await next.token(state.clock.now()))).toBe('key_not_found')
  })
})

describe('discovery', () => {
  const metadata =
    (document: unknown, keys: Answer = publish(key)): Answer =>
    (request, response) =>
      request.url === '/metadata' ? json(response, 200, document) : keys(request, response)

  async function discover(document: (origin: string) => unknown): Promise<Setup> {
    const server = await loopback((request, response) => answer(request, response))
    const answer = metadata(document(server.origin))
    const state = await setup({ discoveryUri: `${server.origin}/metadata` })
    return { ...state, server }
  }

  test('finds the keys, with one fetch each', async () => {
    const { clock, server, verify } = await discover((origin) => ({ issuer: ISSUER, jwks_uri: `${origin}/jwks` }))
    const tokens = await Promise.all(Array.from({ length: 20 }, () => key.token(clock.now())))
    expect(new Set(await Promise.all(tokens.map(verify)))).toEqual(new Set(['accepted']))
    expect(server.requests.map(({ line }) => line)).toEqual(['GET /metadata', 'GET /jwks'])
  })

  test.each([
    ['of another issuer', { issuer: 'https://evil.example' }],
    ['of the issuer with a slash', { issuer: `${ISSUER}/` }],
    ['of no issuer', {}],
    ['of a list of issuers', { issuer: [ISSUER] }],
  ])('metadata %s is refused, and no key fetched', async (_name, document) => {
    const { clock, server, verify } = await discover((origin) => ({ jwks_uri: `${origin}/jwks`, ...document }))
    expect(await verify(await key.token(clock.now()))).toMatch(/^unavailable/)
    expect(server.requests.map(({ line }) => line)).toEqual(['GET /metadata'])
  })

  test.each([undefined, '', 'http://keys.example/jwks', 'file:///etc/passwd', 7])(
    'metadata with the jwks_uri %s is refused',
    async (jwks_uri) => {
      const { clock, verify } = await discover(() => ({ issuer: ISSUER, jwks_uri }))
      expect(await verify(await key.token(clock.now()))).toMatch(/^unavailable/)
    },
  )
})

/** The first key under another name. */
const renamed =
  (kid: string | undefined): SigningKey['token'] =>
  (now) =>
    new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'acme', exp: Math.floor(now / 1000) + 60 })
      .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
      .sign(key.privateKey)

describe('a key that is renewed under the same name', () => {
  test.each([
    ['the same kid', { kid: 'key-1' }],
    ['no kid at all', { kid: undefined }],
  ])('%s: the new one is accepted within 35 s, and forgeries cost one fetch in 30 s', async (_name, { kid }) => {
    const bare = async () => {
      const made = await signingKey()
      const { kid: _kid, ...jwk } = made.jwk
      const token = (now: number) =>
        new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'acme', exp: Math.floor(now / 1000) + 86_400 })
          .setProtectedHeader({ alg: 'ES256', ...(kid !== undefined && { kid }) })
          .sign(made.privateKey)
      return { ...made, jwk: kid === undefined ? jwk : { ...jwk, kid }, token }
    }
    const [before, after, forger] = [await bare(), await bare(), await bare()]
    const state = await setup({}, [before])
    const { clock, server, verify } = state
    expect(await verify(await before.token(clock.now()))).toBe('accepted')
    state.answer = publish(after)
    for (let i = 0; i < 50; i++) expect(await verify(await forger.token(clock.now()))).toBe('signature')
    expect(server.requests).toHaveLength(1)
    await clock.advance(31_000)
    expect(await verify(await after.token(clock.now()))).toBe('accepted')
    expect(server.requests).toHaveLength(2)
    expect(await verify(await before.token(clock.now()))).toBe('signature')
  })

  test('a forgery stays a forgery while the keys cannot be fetched', async () => {
    const state = await setup()
    const { clock, verify } = state
    expect(await verify(await key.token(clock.now()))).toBe('accepted')
    state.answer = unavailable
    await clock.advance(31_000)
    const forger = await signingKey()
    expect(await verify(await forger.token(clock.now()))).toBe('signature')
    expect(await verify(await key.token(clock.now()))).toBe('accepted')
  })
})

test('without a kid each key of the issuer is tried', async () => {
  const all = await Promise.all(Array.from({ length: 9 }, () => signingKey()))
  const unnamed = all.map((made) => {
    const { kid: _kid, ...jwk } = made.jwk
    return { ...made, jwk }
  })
  const { clock, verify } = await setup({}, unnamed)
  const last = unnamed.at(-1) as SigningKey
  const token = await new SignJWT({ iss: ISSUER, aud: AUDIENCE, sub: 'a', exp: Math.floor(clock.now() / 1000) + 60 })
    .setProtectedHeader({ alg: 'ES256' })
    .sign(last.privateKey)
  expect(await verify(token)).toBe('accepted')
})

test('Retry-After may be a date, and no cache answers', async () => {
  const inits: RequestInit[] = []
  const date = new Date(Date.now() + 120_000).toUTCString()
  const state = await setup({
    fetch: (url, init) => {
      inits.push(init ?? {})
      return fetch(url, init)
    },
  })
  state.answer = (_request, response) => json(response, 429, {}, { 'retry-after': date })
  const { clock, verify } = state
  const answered = await verify(await key.token(clock.now()))
  expect(Number(/, ([\d.]+) s/.exec(answered)?.[1])).toBeGreaterThan(100)
  expect(inits.map(({ cache }) => cache)).toEqual(['no-store'])
})

test('an RSA key with the ROCA weakness is left out', () => {
  // Built as the faulty library did: modulo each small prime a power of 65537.
  const primes = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
  ]
  const product = primes.reduce((all, prime) => all * BigInt(prime), 1n)
  const weak = (1n << 2047n) - ((1n << 2047n) % product) + product + 65537n ** 5n
  const n = Buffer.from(weak.toString(16).padStart(512, '0'), 'hex')
  expect(hasRocaWeakness(n)).toBe(true)
  for (let i = 0; i < 200; i++) expect(hasRocaWeakness(randomBytes(256))).toBe(false)
  const jwk = { kty: 'RSA', n: n.toString('base64url'), e: 'AQAB', kid: 'weak' }
  expect(() => jwt({ issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [jwk] } })).toThrow(/no public key/)
})
