import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { clientSecretBasic } from '@auth/core'
import express from 'express'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bearer, getIdentity, introspection, type JwtOptions, jwt, requireAuth, requireScope } from '../src/index.ts'
import { testClock } from './support/clock.ts'
import { close, serve } from './support/server.ts'

const RESOURCE = 'https://api.example/labels'
/** For this one the tokens are opaque. */
const OPAQUE = 'https://api.example/opaque'

describe('access tokens of an authorization server written by others', () => {
  let server: Server
  let issuer: string

  beforeAll(async () => {
    server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://localhost:${(server.address() as AddressInfo).port}`
    const { privateKey } = await generateKeyPair('RS256', { extractable: true })
    const client = { client_secret: 'a-secret: 100%+', grant_types: ['client_credentials'], redirect_uris: [] }
    const provider = new Provider(issuer, {
      clients: [
        { ...client, client_id: 'acme', response_types: [], token_endpoint_auth_method: 'client_secret_basic' },
        { ...client, client_id: 'globex', response_types: [], token_endpoint_auth_method: 'client_secret_post' },
      ],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'provider-1' }] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        introspection: { enabled: true },
        revocation: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_context, resource) => ({
            scope: 'labels:read labels:write',
            audience: RESOURCE,
            accessTokenTTL: 300,
            accessTokenFormat: resource === OPAQUE ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }),
        },
      },
    })
    server.on('request', provider.callback())
  })
  afterAll(() => close(server))

  async function accessToken(headers: Record<string, string>, form: Record<string, string>): Promise<string> {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: RESOURCE,
        scope: 'labels:read',
        ...form,
      }),
    })
    expect(response.status, await response.clone().text()).toBe(200)
    return ((await response.json()) as { access_token: string }).access_token
  }

  async function api(options: Partial<JwtOptions> = {}) {
    const app = express()
    const verifier = jwt({
      issuer,
      audience: RESOURCE,
      jwksUri: `${issuer}/jwks`,
      typ: 'at+jwt',
      allowInsecureLoopback: true,
      ...options,
    })
    app.use(requireAuth(bearer(verifier)))
    app.get('/', (request, response) => void response.json(getIdentity(request)))
    app.get('/void', requireScope('labels:void'), (_request, response) => void response.end())
    const { send } = await serve(app)
    return (token: string, path = '/') => send({ path, headers: { authorization: `Bearer ${token}` } })
  }

  const encode = encodeURIComponent
  const asBasic = {
    authorization: `Basic ${Buffer.from(`acme:${encode('a-secret: 100%+')}`).toString('base64')}`,
  }
  const asPost = { client_id: 'globex', client_secret: 'a-secret: 100%+' }

  test('client_secret_basic: the token is accepted, with its party and scope', async () => {
    const call = await api()
    const { status, json } = await call(await accessToken(asBasic, {}))
    expect(status).toBe(200)
    expect(json).toMatchObject({ party: 'acme', scope: ['labels:read'] })
  })

  test('client_secret_post: the token is accepted, with its party and scope', async () => {
    const call = await api()
    const { json } = await call(await accessToken({}, asPost))
    expect(json).toMatchObject({ party: 'globex', layers: { bearer: { claims: { iss: issuer, aud: RESOURCE } } } })
  })

  test('a scope that was not asked for is not granted', async () => {
    const call = await api()
    expect((await call(await accessToken(asBasic, {}), '/void')).status).toBe(403)
  })

  test('a token for another audience, of another issuer, or changed by a bit is refused', async () => {
    const token = await accessToken(asBasic, {})
    expect((await (await api({ audience: 'https://api.example/other' }))(token)).status).toBe(401)
    expect((await (await api({ issuer: 'https://other.example' }))(token)).status).toBe(401)
    const changed = token.slice(0, -10) + (token.at(-10) === 'A' ? 'B' : 'A') + token.slice(-9)
    expect((await (await api())(changed)).status).toBe(401)
  })

  test('an opaque token is introspected, until it is revoked', async () => {
    const clock = testClock()
    const clientAuth = clientSecretBasic('acme', 'a-secret: 100%+', { encoding: 'form' })
    const verifier = introspection({
      endpoint: `${issuer}/token/introspection`,
      clientAuth,
      allowInsecureLoopback: true,
      clock,
    })
    const { send } = await serve(
      express().use(requireAuth(bearer(verifier)), (request, response) => void response.json(getIdentity(request))),
    )
    const token = await accessToken(asBasic, { resource: OPAQUE })
    const call = () => send({ headers: { authorization: `Bearer ${token}` } })
    expect((await call()).json).toMatchObject({ party: 'acme', scope: ['labels:read'] })
    const body = new URLSearchParams({ token })
    expect((await fetch(`${issuer}/token/revocation`, { method: 'POST', headers: asBasic, body })).status).toBe(200)
    clock.advance(30_000)
    expect((await call()).status).toBe(401)
  })
})
