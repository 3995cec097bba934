import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  createCsr,
  expired,
  type Identity,
  notYetValid,
  selfSignedIdentity,
} from '../src/pki.ts'

let authority: CertificateAuthority
let port: number
let close: () => void

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const server = createServer(
    {
      ...(await authority.issueServer()),
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => socket.end(`hello ${socket.getPeerCertificate().subject.CN}`),
  )
  server.on('tlsClientError', () => {})
  server.listen(0)
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  close = () => server.close()
})
afterAll(() => close())

/** What the server says to a client with this identity; rejects when the handshake fails on either side. */
async function greet(identity: Partial<Identity>, host = 'localhost'): Promise<string> {
  const socket: TLSSocket = connect({ host, port, ca: authority.certificate, ...identity })
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer)
  } finally {
    socket.destroy()
  }
  if (chunks.length === 0) throw new Error('the connection was closed')
  return Buffer.concat(chunks).toString()
}

describe('server certificates', () => {
  test.each(['localhost', '127.0.0.1', '::1'])('are valid for %s', async (host) => {
    const identity = await authority.issueClient()
    await expect(greet(identity, host)).resolves.toBe('hello client.example.com')
  })
})

describe('client certificates', () => {
  test('E4: can be had for a 2048-bit RSA key', async () => {
    const identity = await authority.issueClient({ keyType: 'rsa' })
    const key = createPrivateKey(identity.key)
    expect(key.asymmetricKeyType).toBe('rsa')
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048)
    await expect(greet(identity)).resolves.toBe('hello client.example.com')
  })

  test('E16: of the authority are accepted, all others are not', async () => {
    const other = await createCertificateAuthority()
    await expect(greet(await authority.issueClient({ commonName: 'a, O=b' }))).resolves.toBe('hello a, O=b')
    for (const identity of [
      {},
      await other.issueClient(),
      await selfSignedIdentity(),
      await authority.issueClient(expired()),
      await authority.issueClient(notYetValid()),
      await authority.issueServer(),
    ]) {
      await expect(greet(identity)).rejects.toThrow()
    }
  })

  test('E16: do not work with the key of another', async () => {
    const { cert } = await authority.issueClient()
    const { key } = await authority.issueClient()
    await expect(greet({ cert, key })).rejects.toThrow(/key values mismatch/)
  })
})

describe('certificate signing requests', () => {
  test.each(['rsa', 'ec'] as const)('E5 E6: with an %s key come back as a client.crt in PEM', async (keyType) => {
    const { csr, key } = await createCsr({ keyType, commonName: 'any name at all' })
    const cert = await authority.signCsr(csr)
    expect(cert).toMatch(/^-----BEGIN CERTIFICATE-----\n/)
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true)
    await expect(greet({ cert, key })).resolves.toBe('hello any name at all')
  })

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0
  test.skipIf(!hasOpenssl)('E4 E5 E6: of openssl, by the commands of the document, are signed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pki-'))
    try {
      const run = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
      run('genrsa', '-out', 'client.key', '2048')
      run('req', '-new', '-key', 'client.key', '-out', 'client.csr', '-subj', '/CN=client.example.com')
      const cert = await authority.signCsr(readFileSync(join(folder, 'client.csr'), 'utf8'))
      const key = readFileSync(join(folder, 'client.key'), 'utf8')
      await expect(greet({ cert, key })).resolves.toBe('hello client.example.com')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('that are not signed with their own key are refused', async () => {
    const [one, two] = [await createCsr({ keyType: 'ec' }), await createCsr({ keyType: 'ec' })]
    const body = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    const forged = Buffer.from(body(one.csr))
    // An EC signature is the end of the request; the last octets of another's make it wrong without breaking the DER.
    body(two.csr)
      .subarray(-8)
      .copy(forged, forged.length - 8)
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${forged.toString('base64')}\n-----END CERTIFICATE REQUEST-----`
    await expect(authority.signCsr(pem)).rejects.toThrow(/not signed with its own key/)
  })
})
