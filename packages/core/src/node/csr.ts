import { webcrypto } from 'node:crypto'
import { ConfigurationError } from '../errors.ts'
import { type Checks, checkOptions, choice, text } from '../lib/options.ts'

export interface CsrOptions {
  /** Common name of the subject, such as `client.example.com`. */
  readonly commonName: string
  /** `rsa` is 2048 bits, as EasyPost Connect documents it; `ec` is P-256. Default `rsa`. */
  readonly keyType?: 'rsa' | 'ec'
}

/** A private key and the certificate signing request for it, both PEM. */
export interface ClientKeyAndCsr {
  readonly key: string
  readonly csr: string
}

const OPTIONS: Checks<CsrOptions> = { commonName: text, keyType: choice('rsa', 'ec') }

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
}
const KEYS = {
  rsa: { generate: RSA, sign: { name: RSA.name, hash: RSA.hash } },
  ec: { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
}

/**
 * Makes a private key and a certificate signing request, as `openssl genrsa` and `openssl req -new` do. Keep the key,
 * paste the request into the carrier's portal. Needs the packages `@peculiar/x509` and `reflect-metadata`, which are
 * loaded when it is called.
 *
 * @throws ConfigurationError for a wrong option, and when a package is missing.
 * @see https://www.rfc-editor.org/rfc/rfc2986
 *
 * @example
 * const { key, csr } = await createClientKeyAndCsr({ commonName: 'client.example.com' })
 */
export async function createClientKeyAndCsr(options: CsrOptions): Promise<ClientKeyAndCsr> {
  checkOptions(options, OPTIONS, 'createClientKeyAndCsr')
  const { commonName, keyType = 'rsa' } = options
  if (commonName === undefined) throw new ConfigurationError('commonName', 'is missing')
  const { Pkcs10CertificateRequestGenerator } = await x509()
  const { generate, sign } = KEYS[keyType]
  const keys = (await webcrypto.subtle.generateKey(generate, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const request = await Pkcs10CertificateRequestGenerator.create({
    // As a structure: a string would be parsed, and a comma would start another attribute.
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: sign,
  })
  return {
    key: pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)),
    csr: request.toString('pem'),
  }
}

async function x509(): Promise<typeof import('@peculiar/x509')> {
  try {
    // It has to be there before the certificate library is.
    await import('reflect-metadata')
    return await import('@peculiar/x509')
  } catch (cause) {
    throw new ConfigurationError(
      'createClientKeyAndCsr',
      'needs two packages: npm install @peculiar/x509 reflect-metadata',
      { cause },
    )
  }
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
