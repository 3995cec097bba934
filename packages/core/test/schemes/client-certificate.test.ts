import { createPrivateKey, X509Certificate } from 'node:crypto'
import { inspect } from 'node:util'
import {
  type AuthEvent,
  type AuthRequest,
  type Credentials,
  clientCertificate,
  clientSecretPost,
  createStrategy,
  oauth2,
  posti,
  type TlsIdentity,
  trustAnchors,
} from '@auth/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { manualClock } from '../support/clock.ts'
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

describe('PEM from an environment variable', () => {
  const flat = (pem: string): string => pem.trim().replaceAll('\n', '\\n')

  test('may have its line breaks as literal \\n', async () => {
    const layer = clientCertificate({ cert: flat(one.cert), key: flat(one.key).replaceAll('\\n', '\\r\\n') })
    expect((await identityOf(layer))?.cert).toBe(one.cert.trim())
    expect(() => trustAnchors(flat(one.cert))).not.toThrow()
  })

  test.each([
    [
      'without its line breaks',
      () => ({ cert: one.cert.replaceAll('\n', ' '), key: one.key }),
      /^tls\.cert: has lost its line breaks/,
    ],
    ['with the key in its place', () => ({ cert: one.key, key: one.key }), /^tls\.cert: is a private key/],
    ['with the certificate as key', () => ({ cert: one.cert, key: one.cert }), /^tls\.key: is a certificate/],
    ['cut off', () => ({ cert: one.cert.slice(0, 200), key: one.key }), /^tls\.cert: is cut off/],
    [
      'with the intermediate first',
      () => ({ cert: `${two.cert}\n${one.cert}`, key: one.key }),
      /^tls\.cert: must begin with the certificate of the key, which is number 2/,
    ],
    ['with another key', () => ({ cert: one.cert, key: two.key }), /^tls\.key: does not belong/],
  ])('%s says what is wrong', (_, tls, message) => {
    expect(() => clientCertificate(tls())).toThrow(message)
  })
})

test('trust anchors may be the bytes of a file', async () => {
  const ca = Buffer.from(one.cert)
  expect((await identityOf(trustAnchors(ca)))?.ca).toBe(one.cert)
  expect(() => posti({ username: 'u', password: 'p' }, { ca })).not.toThrow()
})

describe('a certificate that ends', () => {
  const DAY = 86_400_000
  const strategyOf = async (days: number, asFunction = false) => {
    const clock = manualClock(Date.now())
    const pair = await selfSigned(undefined, new Date(Date.now() + days * DAY + 10_000))
    const events: AuthEvent[] = []
    const layer = clientCertificate(asFunction ? async () => pair : pair)
    const strategy = createStrategy({
      origins: ['https://api.example.com'],
      layers: [layer],
      clock,
      onEvent: (event) => void events.push(event),
    })
    return { clock, strategy, events }
  }

  test('shows in status', async () => {
    const { strategy } = await strategyOf(45)
    expect(strategy.status().layers).toMatchObject([{ scheme: 'clientCertificate', daysLeft: 45 }])
    expect(new Date(strategy.status().layers[0]?.expiresAt ?? 0).getUTCFullYear()).toBeGreaterThan(2025)
  })

  test.each([false, true])('warns at 30, 14, 7 and 1 days, once each (a function: %j)', async (asFunction) => {
    const { clock, strategy, events } = await strategyOf(45, asFunction)
    for (let hour = 0; hour < 45 * 24; hour += 6) {
      for (let i = 0; i < 3; i++) await strategy.authorize(request)
      await clock.advance(DAY / 4)
    }
    expect(events.map((event) => event.type === 'certificate-expiring' && event.daysLeft)).toEqual([29, 13, 6, 0])
  })

  test('is said so by ready', async () => {
    const { strategy, events } = await strategyOf(5, true)
    await strategy.ready()
    expect(events).toMatchObject([{ type: 'certificate-expiring', daysLeft: 5 }])
  })
})
