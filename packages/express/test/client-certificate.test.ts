import { X509Certificate } from 'node:crypto'
import { createServer, type Server } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bearer,
  type ClientCertificateOptions,
  clientCertificate,
  getIdentity,
  jwt,
  requireAuth,
} from '../src/index.ts'
import { type TestClock, testClock } from './support/clock.ts'
import { AUDIENCE, ISSUER, issuer } from './support/issuer.ts'
import { authority } from './support/pki.ts'
import { close, type Running, running, serve } from './support/server.ts'

const DAY = 86_400_000
const ca = await authority()
const serverPair = await ca.issue('CN=localhost', { usage: 'server' })
const acme = await ca.issue('CN=acme, O=Acme')
const globex = await ca.issue('CN=globex')
const expired = await ca.issue('CN=acme', { notAfter: new Date(Date.now() - 1000) })

const app = (options?: ClientCertificateOptions): express.Express =>
  express()
    .use(requireAuth(clientCertificate(options)))
    .get('/', (request, response) => void response.json(getIdentity(request)))

describe('on the connection', () => {
  let server: Server
  let target: Running
  let clock: TestClock

  beforeAll(async () => {
    clock = testClock()
    const tls = { ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
    server = createServer(tls, app({ clock }))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    target = running(server, 'https')
  })
  afterAll(() => close(server))

  test.each([
    ['for servers only', () => ca.issue('CN=acme', { usage: 'server' })],
    ['not yet valid', () => ca.issue('CN=acme', { notBefore: new Date(Date.now() + DAY) })],
    ['expired', () => ca.issue('CN=acme', { notAfter: new Date(Date.now() - 1000) })],
    ['signed by itself', async () => (await authority('CN=acme')).issue('CN=acme')],
    ['of another authority of the same name', async () => (await authority()).issue('CN=acme')],
    ['without a CN', () => ca.issue('O=acme')],
    ['with two CNs', () => ca.issue('CN=acme, CN=globex')],
    ['whose organisation looks like a CN', () => ca.issue('O=CN\\=acme')],
  ])('a certificate %s is refused', async (_name, make) => {
    expect((await target.send({ tls: { ...(await make()), ca: ca.cert } })).status).toBe(401)
  })

  test('a CN is taken as it is', async () => {
    const { json } = await target.send({ tls: { ...(await ca.issue('CN="a, O=b"')), ca: ca.cert } })
    expect(json.party).toBe('a, O=b')
  })

  const open = (session?: Buffer): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const options = { port: target.port, host: '127.0.0.1', servername: 'localhost', ca: ca.cert, ...acme }
      const socket = connect({ ...options, ...(session && { session }) }, () => resolve(socket))
      socket.on('error', reject)
    })
  const get = (socket: TLSSocket): Promise<number> =>
    new Promise((resolve) => {
      socket.once('data', (data) => resolve(Number(String(data).slice(9, 12))))
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    })

  test('it is refused from its expiry on, on a connection and a session that outlive it', async () => {
    const socket = await open()
    const session = new Promise<Buffer>((resolve) => socket.once('session', resolve))
    expect(await get(socket)).toBe(200)
    expect(await get(socket)).toBe(200)
    clock.advance(31 * DAY)
    expect(await get(socket)).toBe(401)
    const resumed = await open(await session)
    expect(resumed.isSessionReused()).toBe(true)
    expect(await get(resumed)).toBe(401)
    socket.destroy()
    resumed.destroy()
    clock.advance(-31 * DAY)
  })

  test('each connection has its own', async () => {
    const answers = await Promise.all([acme, globex].map((pair) => target.send({ tls: { ...pair, ca: ca.cert } })))
    expect(answers.map(({ json }) => json.party)).toEqual(['acme', 'globex'])
  })

  test('a header is nothing without a proxy', async () => {
    const headers = { 'client-cert': rfc9440(acme.cert), 'x-forwarded-client-cert': xfcc(acme.cert) }
    expect((await target.send({ headers, tls: { ca: ca.cert } })).status).toBe(401)
    expect((await target.send({ headers, tls: { ca: ca.cert, ...globex } })).json.party).toBe('globex')
  })

  test('`party` is asked each time, so that a certificate can be revoked', async () => {
    const revoked = new Set<string>()
    const party = (certificate: X509Certificate) =>
      revoked.has(certificate.serialNumber) ? undefined : certificate.serialNumber
    const tls = { ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
    const { send } = await serve(app({ party }), tls)
    const { status, json } = await send({ tls: { ...acme, ca: ca.cert } })
    expect(status).toBe(200)
    revoked.add(json.party)
    expect((await send({ tls: { ...acme, ca: ca.cert } })).status).toBe(401)
  })
})

const der = (pem: string): Buffer => new X509Certificate(pem).raw
const rfc9440 = (pem: string): string => `:${der(pem).toString('base64')}:`
const escaped = (pem: string): string => encodeURIComponent(pem)
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()
const xfcc = (pem: string): string =>
  `By=spiffe://cluster/ns/a;Hash=${fingerprint(pem)};Subject="CN=acme,O=\\"Acme; Inc\\"";URI=;Cert="${escaped(pem)}"`

describe('from a proxy', () => {
  const behind = (header: string, trusted: string | string[] = ['127.0.0.0/8']) =>
    serve(app({ proxy: { header, trusted } }))

  test.each([
    ['client-cert', rfc9440(acme.cert)],
    ['Client-Cert', `${rfc9440(acme.cert)};parameter=1`],
    ['x-forwarded-client-cert', xfcc(acme.cert)],
    ['x-forwarded-client-cert', `cert=${escaped(acme.cert)}`],
    ['x-ssl-client-cert', escaped(acme.cert)],
  ])('%s: %.20s… is accepted', async (header, value) => {
    const { send } = await behind(header)
    const { status, json } = await send({ headers: { [header]: value } })
    expect(status).toBe(200)
    expect(json).toMatchObject({ party: 'acme', layers: { clientCertificate: { subject: 'CN=acme\nO=Acme' } } })
  })

  test('an address in IPv6 form is the address', async () => {
    const { send } = await behind('client-cert', ['10.0.0.0/8', '::1', '127.0.0.1'])
    expect((await send({ headers: { 'client-cert': rfc9440(acme.cert) } })).status).toBe(200)
    const one = await behind('client-cert', '127.0.0.1')
    expect((await one.send({ headers: { 'client-cert': rfc9440(acme.cert) } })).status).toBe(200)
  })

  const good = rfc9440(acme.cert)
  const attacks: [string, string, string | string[]][] = [
    ['Client-Cert', 'empty', ''],
    ['Client-Cert', 'two, alike', [good, good]],
    ['Client-Cert', 'two, the good one first', [good, ':AAAA:']],
    ['Client-Cert', 'two, the good one last', [rfc9440(globex.cert), good]],
    ['Client-Cert', 'joined', `${rfc9440(globex.cert)}, ${good}`],
    ['Client-Cert', 'no colons', good.slice(1, -1)],
    ['Client-Cert', 'one colon', good.slice(1)],
    ['Client-Cert', 'a string', `"${good.slice(1, -1)}"`],
    ['Client-Cert', 'a token', 'acme'],
    ['Client-Cert', 'a number', '7'],
    ['Client-Cert', 'an inner list', `(${good})`],
    ['Client-Cert', 'no base64', ':%%%%:'],
    ['Client-Cert', 'base64 of nothing', '::'],
    ['Client-Cert', 'no certificate', ':AAAA:'],
    ['Client-Cert', 'half a certificate', `:${der(acme.cert).subarray(0, 200).toString('base64')}:`],
    [
      'Client-Cert',
      'bytes after the certificate',
      `:${Buffer.concat([der(acme.cert), Buffer.from('x')]).toString('base64')}:`,
    ],
    ['Client-Cert', 'PEM inside', `:${Buffer.from(acme.cert).toString('base64')}:`],
    ['Client-Cert', 'a PEM', escaped(acme.cert)],
    ['Client-Cert', 'XFCC', xfcc(acme.cert)],
    ['Client-Cert', 'an expired certificate', rfc9440(expired.cert)],
    ['Client-Cert', 'text after it', `${good}x`],
    ['Client-Cert-Chain', 'alone', good],
    ['Client_Cert', 'the name with an underscore', good],
    ['X-Forwarded-Client-Cert', 'empty', ''],
    ['X-Forwarded-Client-Cert', 'two headers', [xfcc(globex.cert), xfcc(acme.cert)]],
    ['X-Forwarded-Client-Cert', 'two elements', `${xfcc(globex.cert)},${xfcc(acme.cert)}`],
    ['X-Forwarded-Client-Cert', 'the hash alone', `Hash=${fingerprint(acme.cert)}`],
    ['X-Forwarded-Client-Cert', 'the subject alone', 'Subject="CN=acme"'],
    ['X-Forwarded-Client-Cert', 'the hash of another', `Hash=${fingerprint(globex.cert)};Cert="${escaped(acme.cert)}"`],
    ['X-Forwarded-Client-Cert', 'Cert twice', `Cert="${escaped(globex.cert)}";Cert="${escaped(acme.cert)}"`],
    [
      'X-Forwarded-Client-Cert',
      'Cert twice in two cases',
      `Cert="${escaped(globex.cert)}";CERT="${escaped(acme.cert)}"`,
    ],
    ['X-Forwarded-Client-Cert', 'an open quote', `Cert="${escaped(acme.cert)}`],
    ['X-Forwarded-Client-Cert', 'a quote that ends early', `Cert="x"${escaped(acme.cert)}"`],
    ['X-Forwarded-Client-Cert', 'Cert inside a subject', `Subject="CN=x;Cert=${escaped(acme.cert)}"`],
    ['X-Forwarded-Client-Cert', 'Cert inside an escaped subject', `Subject="\\";Cert=${escaped(acme.cert)};\\""`],
    ['X-Forwarded-Client-Cert', 'a wrong URL encoding', 'Cert="%E0%A4%A"'],
    [
      'X-Forwarded-Client-Cert',
      'no URL encoding',
      `Cert="${acme.cert.replaceAll('\n', ' ').replace('CERT', 'XCERT')}"`,
    ],
    ['X-Forwarded-Client-Cert', 'a trailing comma', `${xfcc(acme.cert)},`],
    ['X-Forwarded-Client-Cert', 'a trailing semicolon', `${xfcc(acme.cert)};`],
    ['X-Forwarded-Client-Cert', 'a leading comma', `,${xfcc(acme.cert)}`],
    ['X-Forwarded-Client-Cert', 'no key', `"${escaped(acme.cert)}"`],
    ['X-Forwarded-Client-Cert', 'Client-Cert', good],
    ['X-SSL-Client-Cert', 'a PEM twice', escaped(acme.cert + globex.cert)],
    ['X-SSL-Client-Cert', 'text before the PEM', escaped(`x\n${acme.cert}`)],
    ['X-SSL-Client-Cert', 'a key', escaped(acme.key)],
    ['X-SSL-Client-Cert', 'the subject', 'CN=acme'],
    ['X-SSL-Client-Cert', 'nginx’s word for none', 'NONE'],
    ['X-SSL-Client-Cert', '12 KiB of junk', 'x'.repeat(12_000)],
    ['X-SSL-Client-Cert', '12 KiB of line breaks', escaped(`-----BEGIN CERTIFICATE-----${'\n'.repeat(4000)}`)],
  ]
  test.each(attacks)('%s, %s, is refused', async (header, _name, value) => {
    const name = { 'client-cert-chain': 'client-cert', client_cert: 'client-cert' }[header.toLowerCase()] ?? header
    const { send } = await behind(name)
    expect([400, 401]).toContain((await send({ headers: { [header]: value } })).status)
  })

  test('the header is refused from an address that is no proxy’s, whatever it says of itself', async () => {
    const { send } = await behind('client-cert', ['192.0.2.1'])
    const spoofed = { 'client-cert': good, 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' }
    expect((await send({ headers: spoofed })).status).toBe(401)
  })

  test('the certificate of the proxy’s own connection is not the client’s', async () => {
    const tls = { ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: false }
    const { send } = await serve(app({ proxy: { header: 'client-cert', trusted: ['127.0.0.1'] } }), tls)
    const proxy = { tls: { ...globex, ca: ca.cert } }
    expect((await send(proxy)).status).toBe(401)
    expect((await send({ ...proxy, headers: { 'client-cert': good } })).json.party).toBe('acme')
  })

  test('a token bound to the certificate is accepted with it', async () => {
    const signer = await issuer()
    const proxy = { header: 'client-cert', trusted: ['127.0.0.1'] }
    const verifier = jwt({ issuer: ISSUER, audience: AUDIENCE, jwks: signer.jwks, proxy })
    const { send } = await serve(
      express().use(requireAuth(bearer(verifier)), (_request, response) => void response.end()),
    )
    const thumbprint = Buffer.from(fingerprint(acme.cert), 'hex').toString('base64url')
    const authorization = `Bearer ${await signer.token({ cnf: { 'x5t#S256': thumbprint } })}`
    const status = async (headers: object) => (await send({ headers: { authorization, ...headers } })).status
    expect(await status({ 'client-cert': good })).toBe(200)
    expect(await status({ 'client-cert': rfc9440(globex.cert) })).toBe(401)
    expect(await status({})).toBe(401)
  })

  test.each([
    ['proxy.header', { header: 'a b', trusted: ['127.0.0.1'] }],
    ['proxy.trusted', { header: 'client-cert', trusted: [] }],
    ['proxy.trusted', { header: 'client-cert', trusted: ['localhost'] }],
    ['proxy.trusted', { header: 'client-cert', trusted: ['10.0.0.0/33'] }],
    ['proxy.trusted', { header: 'client-cert', trusted: ['10.0.0.0/8/8'] }],
    ['proxy.format', { header: 'client-cert', trusted: ['127.0.0.1'], format: 'constructor' as never }],
  ])('a wrong %s fails at once', (option, proxy) => {
    expect(() => clientCertificate({ proxy })).toThrow(expect.objectContaining({ option }))
  })
})
