import {
  type AuthEvent,
  discoverTokenEndpoint,
  jwtBearer,
  memoryStore,
  type OAuth2Options,
  oauth2,
  refreshToken,
  tlsClientAuth,
  tokenExchange,
} from '@auth/core'
import { describe, expect, test } from 'vitest'
import { hastyClock, manualClock } from '../support/clock.ts'
import { json, type Loopback, loopback } from '../support/loopback.ts'

const ACCESS = 'urn:ietf:params:oauth:token-type:access_token'

/** A server that replaces the refresh token with each use, and ends the whole family when one is used twice. */
async function rotatingServer() {
  const state = { current: 'refresh-0', issued: 0, reused: 0, lifetime: 600 }
  const server = await loopback((request, response) => {
    const given = new URLSearchParams(request.body).get('refresh_token')
    if (given !== state.current) {
      state.reused++
      return json(response, 400, { error: 'invalid_grant' })
    }
    state.current = `refresh-${++state.issued}`
    json(response, 200, {
      access_token: `token-${state.issued}`,
      refresh_token: state.current,
      expires_in: state.lifetime,
    })
  })
  return { ...server, state }
}

function source(server: Loopback, options: Partial<OAuth2Options>) {
  return oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: {
      method: 'none',
      credential: () => ({ id: 'shop' }),
      apply: ({ parameters }) => void parameters.push(['client_id', 'shop']),
    },
    allowInsecureLoopback: true,
    clock: manualClock(),
    ...options,
  })
}

describe('refreshToken', () => {
  test('each refresh token is used once, and the next is saved before the access token is used', async () => {
    const server = await rotatingServer()
    let stored = 'refresh-0'
    const order: string[] = []
    const tokens = source(server, {
      grant: refreshToken({
        load: () => stored,
        async save(token) {
          await new Promise((resolve) => setTimeout(resolve, 20))
          stored = token
          order.push(token)
        },
      }),
    })
    for (let i = 1; i <= 3; i++) {
      const { value } = await tokens.token()
      order.push(value)
      await tokens.reset()
    }
    expect(order).toEqual(['refresh-1', 'token-1', 'refresh-2', 'token-2', 'refresh-3', 'token-3'])
    expect(server.state.reused).toBe(0)
  })

  test('a fleet refreshes once', async () => {
    const server = await rotatingServer()
    let stored = 'refresh-0'
    const clock = hastyClock()
    const store = memoryStore({ clock })
    const grant = () =>
      refreshToken({
        account: 'merchant',
        load: () => stored,
        save(token) {
          stored = token
        },
      })
    const fleet = Array.from({ length: 20 }, () => source(server, { store, clock, grant: grant() }))
    const values = await Promise.all(fleet.map(async (one) => (await one.token()).value))
    expect(new Set(values)).toEqual(new Set(['token-1']))
    await Promise.all(fleet.map((one) => one.reject('token-1')))
    expect(new Set(await Promise.all(fleet.map(async (one) => (await one.token()).value)))).toEqual(
      new Set(['token-2']),
    )
    expect([server.requests.length, server.state.reused, stored]).toEqual([2, 0, 'refresh-2'])
  })

  test('when it cannot be saved it stays in memory, an event says so, and the old one is never used again', async () => {
    const server = await rotatingServer()
    const saved: string[] = []
    const events: AuthEvent[] = []
    let broken = true
    const tokens = source(server, {
      onEvent: (event) => events.push(event),
      grant: refreshToken({
        load: () => 'refresh-0',
        save(token) {
          if (broken) throw Object.assign(new Error(`could not write ${token}`), { code: 'EROFS' })
          saved.push(token)
        },
      }),
    })
    expect((await tokens.token()).value).toBe('token-1')
    const said = events.find(({ type }) => type === 'refresh-token-not-saved')
    expect(said).toBeDefined()
    expect(JSON.stringify(events)).not.toContain('refresh-1')
    broken = false
    await tokens.reset()
    expect((await tokens.token()).value).toBe('token-2')
    expect(saved).toEqual(['refresh-1', 'refresh-2'])
    // `load` still yields the first one: nothing is sent.
    await tokens.reset()
    await expect(tokens.token()).rejects.toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', option: 'load' })
    expect([server.requests.length, server.state.reused]).toEqual([2, 0])
  })

  test('a server that keeps the refresh token is asked with the same again', async () => {
    const server = await loopback((_, response) => json(response, 200, { access_token: 'abc', expires_in: 600 }))
    const saved: string[] = []
    const tokens = source(server, {
      grant: refreshToken({ load: () => 'lasting', save: (token) => saved.push(token) }),
    })
    await tokens.token()
    await tokens.reset()
    await tokens.token()
    expect(server.requests.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual([
      'lasting',
      'lasting',
    ])
    expect(saved).toEqual([])
  })

  test('a rejected one costs one request', async () => {
    const server = await rotatingServer()
    const tokens = source(server, { grant: refreshToken({ load: () => 'dead', save: () => {} }) })
    for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(server.requests).toHaveLength(1)
  })
})

describe('grants of somebody', () => {
  test('need an account with a store', async () => {
    const server = await rotatingServer()
    const store = memoryStore()
    const grants = {
      refreshToken: (account?: string) =>
        refreshToken({ load: () => 'a', save: () => {}, ...(account && { account }) }),
      jwtBearer: (account?: string) => jwtBearer({ assertion: 'a', ...(account && { account }) }),
      tokenExchange: (account?: string) =>
        tokenExchange({ subjectToken: 'a', subjectTokenType: ACCESS, ...(account && { account }) }),
    }
    for (const grant of Object.values(grants)) {
      expect(() => source(server, { store, grant: grant() })).toThrow(/^account: is required with a `store`/)
      expect(() => source(server, { store, grant: grant('merchant') })).not.toThrow()
    }
  })

  test('two accounts of one client never share', async () => {
    const server = await loopback((request, response) => {
      const assertion = new URLSearchParams(request.body).get('assertion')
      json(response, 200, { access_token: `token-for-${assertion}`, expires_in: 600 })
    })
    const store = memoryStore()
    const of = (account: string) => source(server, { store, grant: jwtBearer({ assertion: account, account }) })
    expect((await of('one').token()).value).toBe('token-for-one')
    expect((await of('two').token()).value).toBe('token-for-two')
    expect((await of('one').token()).value).toBe('token-for-one')
    expect(server.requests).toHaveLength(2)
  })

  test('tokenExchange sends the parameters of RFC 8693', async () => {
    const server = await loopback((_, response) =>
      json(response, 200, { access_token: 'abc', issued_token_type: ACCESS, token_type: 'Bearer', expires_in: 60 }),
    )
    let n = 0
    await source(server, {
      grant: tokenExchange({
        subjectToken: async () => `subject-${++n}`,
        subjectTokenType: ACCESS,
        actorToken: 'actor',
        actorTokenType: 'urn:ietf:params:oauth:token-type:jwt',
        requestedTokenType: ACCESS,
        audience: ['a', 'b'],
        resource: 'https://api.example/',
        scope: 'read',
      }),
    }).token()
    expect([...new URLSearchParams(server.requests[0]?.body)]).toEqual([
      ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      ['subject_token_type', ACCESS],
      ['actor_token_type', 'urn:ietf:params:oauth:token-type:jwt'],
      ['requested_token_type', ACCESS],
      ['audience', 'a'],
      ['audience', 'b'],
      ['resource', 'https://api.example/'],
      ['scope', 'read'],
      ['subject_token', 'subject-1'],
      ['actor_token', 'actor'],
      ['client_id', 'shop'],
    ])
    expect(() => tokenExchange({ subjectToken: 'a', subjectTokenType: ACCESS, actorToken: 'b' })).toThrow(
      /^actorTokenType: is missing/,
    )
  })

  test('are refused in a URL', async () => {
    const server = await rotatingServer()
    const tokens = source(server, { method: 'GET', grant: jwtBearer({ assertion: 'a.b.c' }) })
    await expect(tokens.token()).rejects.toMatchObject({ option: 'method' })
    expect(server.requests).toHaveLength(0)
    expect(tlsClientAuth('shop').method).toBe('tls_client_auth')
  })
})

describe('discoverTokenEndpoint', () => {
  const options = { allowInsecureLoopback: true }

  test.each(['/.well-known/oauth-authorization-server/realms/x', '/realms/x/.well-known/openid-configuration'])(
    'finds it at %s',
    async (place) => {
      const server: Loopback = await loopback((request, response) =>
        request.url === place
          ? json(response, 200, { issuer: `${server.origin}/realms/x`, token_endpoint: `${server.origin}/t?a=1` })
          : json(response, 404, {}),
      )
      expect(await discoverTokenEndpoint(`${server.origin}/realms/x`, options)).toBe(`${server.origin}/t?a=1`)
    },
  )

  test.each([
    [
      'metadata of another issuer',
      { issuer: 'https://other.example', token_endpoint: 'https://other.example/t' },
      'issuer',
    ],
    ['an insecure token endpoint', { token_endpoint: 'http://auth.example/t' }, 'token_endpoint'],
    ['no token endpoint', {}, 'token_endpoint'],
  ])('refuses %s', async (_, metadata, option) => {
    const server: Loopback = await loopback((_, response) =>
      json(response, 200, { issuer: server.origin, ...metadata }),
    )
    await expect(discoverTokenEndpoint(server.origin, options)).rejects.toMatchObject({ option })
  })

  test('says that there is none', async () => {
    const server = await loopback((_, response) => json(response, 404, {}))
    await expect(discoverTokenEndpoint(server.origin, options)).rejects.toMatchObject({
      code: 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
    })
    expect(server.requests).toHaveLength(2)
    await expect(discoverTokenEndpoint('http://auth.example')).rejects.toMatchObject({ option: 'issuer' })
  })
})
