import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 86_400_000

export interface TlsPair {
  readonly cert: string
  readonly key: string
}

export interface LeafOptions {
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly usage?: 'client' | 'server'
}

export interface Authority {
  /** PEM. */
  readonly cert: string
  issue(subject: string, options?: LeafOptions): Promise<TlsPair>
}

/** A certificate authority of its own. */
export async function authority(name = 'CN=Test CA'): Promise<Authority> {
  const keys = await generateKeys()
  const root = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 365 * DAY),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  return {
    cert: root.toString('pem'),
    issue: (subject, options) => issue(root, keys.privateKey, subject, options),
  }
}

async function issue(
  root: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  subject: string,
  options: LeafOptions = {},
): Promise<TlsPair> {
  const {
    notBefore = new Date(Date.now() - DAY),
    notAfter = new Date(Date.now() + 30 * DAY),
    usage = 'client',
  } = options
  const keys = await generateKeys()
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: root.subject,
    publicKey: keys.publicKey as CryptoKey,
    signingKey: signingKey as CryptoKey,
    signingAlgorithm: ALGORITHM,
    notBefore,
    notAfter,
    extensions: [
      new ExtendedKeyUsageExtension([usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: certificate.toString('pem'),
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
}
