// What other people's code makes of our token requests: oidc-provider with refresh tokens, token exchange and client
// certificates, and the requests that oauth4webapi writes itself.
import { generateKeyPairSync, type X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  clientSecretPost,
  memoryStore,
  oauth2,
  privateKeyJwt,
  refreshToken,
  tlsClientAuth,
  tokenExchange,
} from '@auth/core'
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import Provider, { type KoaContextWithOIDC } from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { json, loopback } from '../support/loopback.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const ACCOUNT = 'merchant-1'

let provider: Provider
let origin: string
let close: () => Promise<void>
let ours: { cert: string; key: string }
let tls: { cert: string; key: string; ca: string }
let tokenRequests = 0

const peerCertificate = ({ socket }: KoaContextWithOIDC): X509Certificate | undefined =>
  (socket as TLSSocket).getPeerX509Certificate()

beforeAll(async () => {
  const server = await selfSigned()
  ours = await selfSigned(undefined, undefined, 'shop.example')
  tls = { ...ours, ca: server.cert }
  const https = createServer({ ...server, requestCert: true, rejectUnauthorized: false, ca: [ours.cert] })
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  origin = `https://127.0.0.1:${(https.address() as AddressInfo).port}`
  const confidential = {
    client_secret: 'secret-of-the-shop',
    token_endpoint_auth_method: 'client_secret_post',
  } as const
  provider = new Provider(origin, {
    clients: [
      {
        client_id: 'shop',
        ...confidential,
        grant_types: ['authorization_code', 'refresh_token', EXCHANGE],
        redirect_uris: ['https://shop.example/callback'],
      },
      {
        client_id: 'by-certificate',
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'shop.example',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    clientAuthMethods: ['client_secret_post', 'tls_client_auth'],
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
    rotateRefreshToken: true,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      mTLS: {
        enabled: true,
        tlsClientAuth: true,
        getCertificate: (context) => peerCertificate(context),
        certificateAuthorized: ({ socket }) => (socket as TLSSocket).authorized,
        certificateSubjectMatches: (context, property, expected) =>
          property === 'tls_client_auth_san_dns' && peerCertificate(context)?.checkHost(expected) !== undefined,
      },
    },
    scopes: ['openid', 'offline_access', 'labels'],
  })
  provider.registerGrantType(
    EXCHANGE,
    async (context) => {
      const { params, client } = context.oidc
      const subject = await provider.AccessToken.find(String(params?.subject_token))
      if (subject === undefined || client === undefined || params?.subject_token_type !== ACCESS_TOKEN) {
        context.status = 400
        context.body = { error: 'invalid_request' }
        return
      }
      const token = new provider.AccessToken({
        accountId: subject.accountId,
        client,
        grantId: subject.grantId,
        gty: 'token-exchange',
        scope: String(params.scope),
      } as never)
      const access_token = await token.save()
      context.body = { access_token, issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 600 }
    },
    ['subject_token', 'subject_token_type', 'scope'],
  )
  const handle = provider.callback()
  https.on('request', (request, response) => {
    if (request.url === '/token') tokenRequests++
    void handle(request, response)
  })
  close = () =>
    new Promise((resolve) => {
      https.close(() => resolve())
      https.closeAllConnections()
    })
})
afterAll(() => close())

/** A token that a merchant's sign-in would have brought. */
async function signedIn<T extends 'RefreshToken' | 'AccessToken'>(kind: T): Promise<string> {
  const client = await provider.Client.find('shop')
  const grant = new provider.Grant({ accountId: ACCOUNT, clientId: 'shop' })
  grant.addOIDCScope('openid offline_access labels')
  const grantId = await grant.save()
  const token = new provider[kind]({
    accountId: ACCOUNT,
    client,
    grantId,
    scope: 'openid offline_access labels',
    gty: 'authorization_code',
  } as never)
  return token.save()
}

const shop = () => clientSecretPost('shop', 'secret-of-the-shop')
const source = (options: Partial<Parameters<typeof oauth2>[0]> = {}) =>
  oauth2({ tokenEndpoint: `${origin}/token`, clientAuth: shop(), tls, ...options })

test('a rotated refresh token is used once by a fleet, and each next one works', async () => {
  let current = await signedIn('RefreshToken')
  const seen = [current]
  const grant = () =>
    refreshToken({
      account: ACCOUNT,
      load: () => current,
      save: (token) => {
        current = token
        seen.push(token)
      },
    })
  const store = memoryStore()
  const fleet = Array.from({ length: 5 }, () => source({ grant: grant(), store }))
  tokenRequests = 0
  const tokens = await Promise.all(fleet.map((one) => one.token()))
  expect(new Set(tokens.map(({ value }) => value)).size).toBe(1)
  expect(tokenRequests).toBe(1)
  const value = tokens[0]?.value ?? ''
  expect(await provider.AccessToken.find(value)).toMatchObject({ accountId: ACCOUNT })
  // oidc-provider revokes the whole grant when a used refresh token comes again.
  expect(await fleet[0]?.reject(value)).toBe(true)
  expect(tokenRequests).toBe(2)
  expect(new Set(seen).size).toBe(3)
})

test('a token is exchanged for another', async () => {
  const subjectToken = await signedIn('AccessToken')
  const grant = tokenExchange({ subjectToken, subjectTokenType: ACCESS_TOKEN, scope: 'labels' })
  const { value } = await source({ grant }).token()
  expect(value).not.toBe(subjectToken)
  expect(await provider.AccessToken.find(value)).toMatchObject({ accountId: ACCOUNT, scope: 'labels' })
})

describe('tls_client_auth', () => {
  test('the certificate alone proves the client', async () => {
    const { value } = await source({ clientAuth: tlsClientAuth('by-certificate') }).token()
    expect(await provider.ClientCredentials.find(value)).toMatchObject({ clientId: 'by-certificate' })
  })

  test('another certificate is rejected, and tried once', async () => {
    const tokens = source({ clientAuth: tlsClientAuth('by-certificate'), tls: { ...(await selfSigned()), ca: tls.ca } })
    tokenRequests = 0
    for (let i = 0; i < 3; i++) await expect(tokens.token()).rejects.toMatchObject({ error: 'invalid_client' })
    expect(tokenRequests).toBe(1)
  })
})

test('the private_key_jwt request is the one that oauth4webapi writes', async () => {
  const server = await loopback((_, response) => json(response, 200, { access_token: 'abc', token_type: 'Bearer' }))
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const key = { kid: 'k1', key: privateKey }
  await oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: privateKeyJwt('shop', privateKey, { keyId: 'k1' }),
    allowInsecureLoopback: true,
  }).token()
  await oauth.clientCredentialsGrantRequest(
    { issuer: server.origin, token_endpoint: `${server.origin}/token` },
    { client_id: 'shop' },
    oauth.PrivateKeyJwt(key, {
      // RFC 7523 section 3 permits the endpoint as the audience, and carriers ask for it; its own default is the issuer.
      [oauth.modifyAssertion]: (_header, payload) => {
        payload.aud = `${server.origin}/token`
      },
    }),
    {},
    { [oauth.allowInsecureRequests]: true },
  )
  const [own, theirs] = server.requests.map(({ body }) => new URLSearchParams(body))
  const names = (parameters?: URLSearchParams) => [...(parameters?.keys() ?? [])].sort()
  for (const name of names(theirs)) expect(names(own)).toContain(name)
  const assertions = [own, theirs].map((parameters) => parameters?.get('client_assertion') ?? '')
  for (const assertion of assertions) await jwtVerify(assertion, publicKey, { audience: `${server.origin}/token` })
  const [mine, others] = assertions.map((assertion) => ({
    ...decodeProtectedHeader(assertion),
    ...decodeJwt(assertion),
  }))
  expect(mine).toMatchObject({
    alg: others?.alg,
    kid: others?.kid,
    iss: others?.iss,
    sub: others?.sub,
    aud: others?.aud,
  })
  expect(own?.get('client_assertion_type')).toBe(theirs?.get('client_assertion_type'))
  expect(own?.get('grant_type')).toBe(theirs?.get('grant_type'))
})
