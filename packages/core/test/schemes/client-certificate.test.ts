import { createPrivateKey, X509Certificate } from 'node:crypto'
import { inspect } from 'node:util'
import {
  type AuthRequest,
  type Credentials,
  clientCertificate,
  clientSecretPost,
  oauth2,
  type TlsIdentity,
} from '@auth/core'
import { beforeAll, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { foreignPromise } from '../support/foreign.ts'
import { json } from '../support/loopback.ts'
import { tlsLoopback } from '../support/tls-loopback.ts'

const request: AuthRequest = { url: 'https://api.example.com/x', method: 'GET', headers: {} }
let one: { cert: string; key: string }
let two: { cert: string; key: string }
beforeAll(async () => {
  one = await selfSigned()
  two = await selfSigned()
})

const identityOf = async (layer: ReturnType<typeof clientCertificate>): Promise<TlsIdentity | undefined> =>
  ((await layer.authorize(request)) as Credentials).tls

test('the same texts give the same identity object, whatever the function yields them in', async () => {
  let current: TlsIdentity = one
  const layer = clientCertificate(() => ({ ...current }))
  const first = await identityOf(layer)
  expect(first).toMatchObject(one)
  expect(await identityOf(layer)).toBe(first)
  current = two
  const second = await identityOf(layer)
  expect(second).not.toBe(first)
  expect(second).toMatchObject(two)
})

test('bytes are taken for text', async () => {
  const layer = clientCertificate({ cert: Buffer.from(one.cert), key: Buffer.from(one.key) } as unknown as TlsIdentity)
  expect(await identityOf(layer)).toMatchObject(one)
})

test('a promise of another realm is awaited', async () => {
  expect(await identityOf(clientCertificate(() => foreignPromise(one)))).toMatchObject(one)
})

test('a refusal is not the certificate’s: it was accepted when the connection was made', () => {
  expect(clientCertificate(one).recover).toBeUndefined()
})

test('neither key nor passphrase shows when someone logs what a request gets', async () => {
  const passphrase = 'sHhh-passphrase'
  const cipher = { cipher: 'aes-256-cbc', passphrase }
  const key = createPrivateKey(one.key).export({ format: 'pem', type: 'pkcs8', ...cipher }) as string
  const credentials = await clientCertificate({ cert: one.cert, key, passphrase }).authorize(request)
  for (const shown of [
    inspect(credentials, { depth: 10 }),
    JSON.stringify(credentials),
    JSON.stringify({ ...credentials }),
  ]) {
    expect(shown).not.toContain('PRIVATE KEY')
    expect(shown).not.toContain(passphrase)
    expect(shown).toContain('BEGIN CERTIFICATE')
  }
})

test('a token endpoint gets the certificate that is meant for it, and the new one from the next request on', async () => {
  const server = await tlsLoopback({ ...one, requestCert: true, rejectUnauthorized: false }, (_, response) =>
    json(response, 200, { access_token: 'abc', expires_in: 0 }),
  )
  const third = await selfSigned()
  let current: TlsIdentity = one
  const options = { tokenEndpoint: server.origin, clientAuth: clientSecretPost('id', 'secret'), ca: one.cert }
  const source = oauth2({ ...options, tls: () => ({ ...current }) })
  await source.token()
  current = third
  await source.token()
  await oauth2(options).token()
  const fingerprint = ({ cert }: { cert: string }): string => new X509Certificate(cert).fingerprint256
  expect(server.presented).toEqual([fingerprint(one), fingerprint(third), undefined])
})
