import { X509Certificate } from 'node:crypto'
import { clientCertificate, inboundRequest } from '@auth/core/verify'
import { beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from '../support/certificates.ts'

let pem: string
let other: string
let der: string
beforeAll(async () => {
  pem = (await selfSigned()).cert
  other = (await selfSigned()).cert
  der = new X509Certificate(pem).raw.toString('base64')
})
const ask = (header: string, value: string, format?: 'pem-chain' | 'der') =>
  clientCertificate({ proxy: { header, trusted: '10.0.0.0/8', ...(format && { format }) } }).decide(
    inboundRequest({ rawHeaders: [header, value], socket: { remoteAddress: '10.0.0.1' } }),
  )

describe('headers as proxies write them', () => {
  test.each<[string, string, () => string, 'pem-chain' | 'der' | undefined]>([
    ['Traefik, bare base64', 'x-forwarded-tls-client-cert', () => der, undefined],
    [
      'Traefik, a chain',
      'x-forwarded-tls-client-cert',
      () => `${der},${new X509Certificate(other).raw.toString('base64')}`,
      undefined,
    ],
    ['Azure App Service', 'x-arr-clientcert', () => der, undefined],
    ['HAProxy, ssl_c_der,base64', 'x-ssl-client-der', () => der, undefined],
    ['nginx, URL-encoded PEM', 'x-ssl-client-cert', () => encodeURIComponent(pem), undefined],
    [
      'ALB in verify mode, + = / unescaped',
      'x-amzn-mtls-clientcert-leaf',
      () => encodeURIComponent(pem).replaceAll('%2B', '+').replaceAll('%3D', '=').replaceAll('%2F', '/'),
      undefined,
    ],
    ['ALB, a chain', 'x-amzn-mtls-clientcert', () => encodeURIComponent(pem + other), 'pem-chain'],
    ['Envoy', 'x-forwarded-client-cert', () => `Cert="${encodeURIComponent(pem)}"`, undefined],
    ['RFC 9440', 'client-cert', () => `:${der}:`, undefined],
  ])('%s', async (_name, header, value, format) => {
    expect(await ask(header, value(), format)).toMatchObject({
      outcome: 'authenticated',
      identity: { party: 'loopback' },
    })
  })

  test.each<[string, string, () => string, string]>([
    ['Istio without Cert', 'x-forwarded-client-cert', () => 'By=spiffe://a;Hash=00;URI=spiffe://b', 'has no Cert'],
    ['two elements', 'x-forwarded-client-cert', () => 'Hash=00,Hash=11', 'exactly one element'],
    ['a PEM chain', 'x-ssl-client-cert', () => encodeURIComponent(pem + other), 'pem-chain'],
    ['no base64', 'x-arr-clientcert', () => 'abc$', 'no base64'],
    ['base64 of something else', 'x-arr-clientcert', () => 'AAAA', 'no certificate'],
    ['no byte sequence', 'client-cert', () => 'abc', 'no byte sequence'],
    ['no structured field', 'client-cert', () => ':abc', 'no structured field'],
    [
      'bytes behind it',
      'x-arr-clientcert',
      () => Buffer.concat([Buffer.from(der, 'base64'), Buffer.from([0])]).toString('base64'),
      'certificate',
    ],
    ['a broken escape', 'x-ssl-client-cert', () => '%2D%2', 'URL-encoded'],
  ])('%s is malformed, and the detail says how', async (_name, header, value, detail) => {
    const decision = await ask(header, value())
    expect(decision).toMatchObject({
      outcome: 'invalid',
      reports: [{ reason: 'malformed', detail: expect.stringContaining(detail) }],
    })
  })

  test('what ALB passes on unverified is not taken for verified by mistake', () => {
    expect(() => clientCertificate({ proxy: { header: 'x-amzn-mtls-clientcert', trusted: '10.0.0.1' } })).toThrow(
      /unverified/,
    )
  })
})

test('a unix socket has no address, and a function can trust it', async () => {
  const request = inboundRequest({ rawHeaders: ['x-ssl-client-cert', encodeURIComponent(pem)], socket: {} })
  const trusting = (trusted: string | ((address: string) => boolean)) =>
    clientCertificate({ proxy: { header: 'x-ssl-client-cert', trusted } }).decide(request)
  expect(await trusting(() => true)).toMatchObject({ outcome: 'authenticated' })
  expect(await trusting((address) => address === '')).toMatchObject({ outcome: 'authenticated' })
  expect(await trusting('127.0.0.1')).toMatchObject({ outcome: 'invalid', reports: [{ reason: 'untrusted' }] })
})
