import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthRequest,
  bearer,
  type ClientAuth,
  clientCredentials,
  clientSecretBasic,
  clientSecretPost,
  createStrategy,
  discoverTokenEndpoint,
  type Grant,
  memoryStore,
  type OAuth2Options,
  oauth2,
  privateKeyJwt,
  type Strategy,
} from '@auth/core'
import Provider, { type Adapter, type AdapterPayload, type ClientAuthMethod, errors } from 'oidc-provider'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { manualClock } from '../support/clock.ts'

const LABELS = 'https://api.example/labels'
const PARCELS = 'https://api.example/parcels'
const SPECIAL = { id: 'an id+1%2B:~', secret: 'p a+s%s&w=o/r:d?!*\'()~#"\\' }

/** The server's memory; its clients can be changed while it runs. */
const records = new Map<string, AdapterPayload>()
const clients = new Map<string, AdapterPayload>()

function adapter(model: string): Adapter {
  const key = (id: string): string => `${model}:${id}`
  return {
    upsert: async (id, payload) => void records.set(key(id), payload),
    find: async (id) => (model === 'Client' ? clients.get(id) : records.get(key(id))),
    findByUserCode: async () => undefined,
    findByUid: async () => undefined,
    consume: async () => undefined,
    destroy: async (id) => void records.delete(key(id)),
    revokeByGrantId: async () => undefined,
  }
}

function register(client_id: string, client_secret: string, token_endpoint_auth_method: ClientAuthMethod): void {
  clients.set(client_id, {
    client_id,
    client_secret,
    token_endpoint_auth_method,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })
}

let server: Server
let provider: Provider
let origin: string
let tokenRequests = 0

beforeAll(async () => {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  provider = new Provider(origin, {
    adapter,
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context, resource) {
          if (resource !== LABELS && resource !== PARCELS) throw new errors.InvalidTarget()
          return { scope: 'read write', audience: resource, accessTokenTTL: 600, accessTokenFormat: 'opaque' }
        },
      },
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    scopes: ['read', 'write'],
    ttl: { ClientCredentials: 600 },
  })
  const handle = provider.callback()
  server.on('request', (request, response) => {
    if (request.url === '/token') tokenRequests++
    void handle(request, response)
  })
})
afterAll(
  () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
)
beforeEach(() => {
  tokenRequests = 0
  clients.clear()
  register('plain', 'plain-secret', 'client_secret_basic')
  register('poster', 'poster-secret', 'client_secret_post')
  register(SPECIAL.id, SPECIAL.secret, 'client_secret_basic')
  register(`${SPECIAL.id}-post`, SPECIAL.secret, 'client_secret_post')
  for (const [id, key] of Object.entries(KEYS)) {
    register(id, '', 'private_key_jwt')
    const { client_secret: _, ...client } = clients.get(id) as AdapterPayload
    const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid: `${id}-1` }
    clients.set(id, { ...client, jwks: { keys: [jwk] } })
  }
})

const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}

describe('private_key_jwt', () => {
  test.each(Object.keys(KEYS) as (keyof typeof KEYS)[])('the server takes assertions signed with %s', async (id) => {
    const key = KEYS[id].privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
    const tokens = source(privateKeyJwt(id, key, { keyId: `${id}-1` }))
    expect((await tokens.token()).value).toMatch(/^\S+$/)
    await tokens.reset()
    // The server refuses an assertion that it has seen: each is another.
    expect((await tokens.token()).value).toMatch(/^\S+$/)
    expect(tokenRequests).toBe(2)
  })

  test('an assertion of another key is rejected once', async () => {
    const key = KEYS.rsa.privateKey.export({ format: 'jwk' })
    const tokens = source(privateKeyJwt('ec', key as Parameters<typeof privateKeyJwt>[1]))
    for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_client' })
    expect(tokenRequests).toBe(1)
  })

  test('its token endpoint is found by its issuer', async () => {
    const found = await discoverTokenEndpoint(origin, { allowInsecureLoopback: true })
    expect(found).toBe(`${origin}/token`)
  })
})

function source(clientAuth: ClientAuth, options: Partial<OAuth2Options> = {}): ReturnType<typeof oauth2> {
  return oauth2({
    tokenEndpoint: `${origin}/token`,
    clientAuth,
    grant: clientCredentials({ resource: LABELS, scope: 'read' }),
    allowInsecureLoopback: true,
    ...options,
  })
}

async function known(
  value: string,
): Promise<{ clientId: string | undefined; scope: string | undefined; aud: unknown }> {
  const token = await provider.ClientCredentials.find(value)
  return { clientId: token?.clientId, scope: token?.scope, aud: token?.aud }
}

describe('an authorization server written by others issues a token for', () => {
  test.each([
    ['client_secret_basic', () => clientSecretBasic('plain', 'plain-secret'), 'plain'],
    [
      'client_secret_basic, form-encoded',
      () => clientSecretBasic('plain', 'plain-secret', { encoding: 'form' }),
      'plain',
    ],
    [
      'client_secret_basic with an id and a secret that need form encoding',
      () => clientSecretBasic(SPECIAL.id, SPECIAL.secret, { encoding: 'form' }),
      SPECIAL.id,
    ],
    ['client_secret_post', () => clientSecretPost('poster', 'poster-secret'), 'poster'],
    [
      'client_secret_post with an id and a secret of every kind of character',
      () => clientSecretPost(`${SPECIAL.id}-post`, SPECIAL.secret),
      `${SPECIAL.id}-post`,
    ],
  ])('%s', async (_, clientAuth, clientId) => {
    const before = Date.now()
    const token = await source(clientAuth()).token()
    expect(await known(token.value)).toEqual({ clientId, scope: 'read', aud: LABELS })
    expect(token.scope).toBe('read')
    expect(token.lifetime).toBe(600_000)
    expect(token.expiresAt - before).toBeGreaterThanOrEqual(600_000)
    expect(token.expiresAt - before).toBeLessThanOrEqual(600_000 + Date.now() - before)
  })
})

test('scopes and resources get tokens of their own', async () => {
  const store = memoryStore()
  const grants: Grant[] = [
    clientCredentials({ resource: LABELS, scope: 'read' }),
    clientCredentials({ resource: LABELS, scope: ['read', 'write'] }),
    clientCredentials({ resource: PARCELS, scope: 'read' }),
  ]
  const read = async (grant: Grant): Promise<Awaited<ReturnType<typeof known>>> => {
    const auth = clientSecretPost('poster', 'poster-secret')
    return known((await source(auth, { grant, store }).token()).value)
  }
  const expected = [
    { clientId: 'poster', scope: 'read', aud: LABELS },
    { clientId: 'poster', scope: 'read write', aud: LABELS },
    { clientId: 'poster', scope: 'read', aud: PARCELS },
  ]
  expect(await Promise.all(grants.map(read))).toEqual(expected)
  expect(await Promise.all(grants.map(read))).toEqual(expected)
  expect(tokenRequests).toBe(3)
})

test.each([
  ['a plus', 'a+b', 'CREDENTIALS_REJECTED', 401],
  ['a percent sign', '100% sure', 'TOKEN_RESPONSE_INVALID', 400],
])('%s in a secret needs the form encoding here', async (_, secret, code, status) => {
  register('plain', secret, 'client_secret_basic')
  await expect(source(clientSecretBasic('plain', secret)).token()).rejects.toMatchObject({
    code: `ERR_AUTH_${code}`,
    status,
  })
  expect(await source(clientSecretBasic('plain', secret, { encoding: 'form' })).token()).toHaveProperty('value')
})

test.each([
  ['client_secret_basic', () => clientSecretBasic('plain', 'wrong')],
  ['client_secret_post', () => clientSecretPost('poster', 'wrong')],
  ['an unknown client', () => clientSecretPost('nobody', 'wrong')],
])('%s refused: 20 concurrent and 20 sequential callers cost one token request', async (_, clientAuth) => {
  const tokens = source(clientAuth())
  const refusal = { code: 'ERR_AUTH_CREDENTIALS_REJECTED', error: 'invalid_client', name: 'CredentialsRejectedError' }
  const concurrent = await Promise.allSettled(Array.from({ length: 20 }, async () => tokens.token()))
  for (const outcome of concurrent) expect(outcome).toMatchObject({ status: 'rejected', reason: refusal })
  for (let i = 0; i < 20; i++) await expect(tokens.token()).rejects.toMatchObject(refusal)
  expect(tokenRequests).toBe(1)
  expect(tokens.status()).toMatchObject({ state: 'rejected' })
})

test('a resource that the server does not know is an error of the request, not of the credentials', async () => {
  const grant = clientCredentials({ resource: 'https://elsewhere.example' })
  await expect(source(clientSecretPost('poster', 'poster-secret'), { grant }).token()).rejects.toMatchObject({
    code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID',
    status: 400,
    message: `the token endpoint refused the request (400, invalid_target): ${new URL(origin).host}`,
  })
})

describe('rotation', () => {
  const request = (): AuthRequest => ({ url: `${origin}/labels`, method: 'GET', headers: {} })

  function strategyFor(secret: () => string, clock = manualClock()): Strategy {
    const tokens = source(clientSecretPost('poster', secret), { clock })
    return createStrategy({ origins: [origin], layers: [bearer(tokens)], allowInsecureLoopback: true, clock })
  }

  test('a secret that is rotated at the server is refused once, and the new one is tried at once', async () => {
    let secret = 'poster-secret'
    const clock = manualClock()
    const strategy = strategyFor(() => secret, clock)
    await strategy.authorize(request())

    register('poster', 'the-next-secret', 'client_secret_post')
    await clock.advance(600_000)
    for (let i = 0; i < 5; i++) {
      await expect(async () => strategy.authorize(request())).rejects.toMatchObject({
        code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      })
    }
    expect(tokenRequests).toBe(2)

    secret = 'the-next-secret'
    const { headers } = await strategy.authorize(request())
    expect(await known(String(headers?.authorization).slice('Bearer '.length))).toMatchObject({ clientId: 'poster' })
    expect(tokenRequests).toBe(3)
  })

  test('a token that the server has revoked is replaced after one 401, for all who got it', async () => {
    const strategy = strategyFor(() => 'poster-secret')
    const first = await strategy.authorize(request())
    const value = String(first.headers?.authorization).slice('Bearer '.length)
    await (await provider.ClientCredentials.find(value))?.destroy()
    expect(await known(value)).toEqual({})

    const sent = { ...request(), headers: first.headers ?? {} }
    const recovered = await Promise.all(Array.from({ length: 10 }, () => strategy.recover(sent, { status: 401 })))
    expect(recovered).toEqual(Array.from({ length: 10 }, () => true))
    const next = await strategy.authorize(request())
    expect(await known(String(next.headers?.authorization).slice('Bearer '.length))).toMatchObject({ aud: LABELS })
    expect(tokenRequests).toBe(2)
  })
})
