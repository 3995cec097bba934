import { X509Certificate } from 'node:crypto'
import { parseItem } from 'structured-headers'
import { ConfigurationError } from '../../errors.ts'

/**
 * How a proxy writes the client's certificate into a header: `rfc9440` as a byte sequence (RFC 9440 section 2.2),
 * `xfcc` as Envoy's X-Forwarded-Client-Cert
 * (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert), `pem`
 * as URL-encoded PEM, nginx's `$ssl_client_escaped_cert`.
 */
export type CertificateFormat = 'rfc9440' | 'xfcc' | 'pem'

/** Reads a certificate from the value of a header; throws when it is none. */
export type CertificateReader = (value: string) => X509Certificate

/** The reader for a header, by its format or else by its name. */
export function certificateReader(header: string, format: CertificateFormat | undefined): CertificateReader {
  const named = format ?? FORMATS_BY_HEADER[header] ?? 'pem'
  const reader = Object.hasOwn(READERS, named) ? READERS[named] : undefined
  if (reader === undefined) throw new ConfigurationError('proxy.format', "must be 'rfc9440', 'xfcc' or 'pem'")
  return reader
}

const FORMATS_BY_HEADER: Readonly<Record<string, CertificateFormat>> = {
  'client-cert': 'rfc9440',
  'x-forwarded-client-cert': 'xfcc',
}

const READERS: Readonly<Record<CertificateFormat, CertificateReader>> = {
  rfc9440(value) {
    const [item] = parseItem(value)
    if (!(item instanceof ArrayBuffer)) throw new TypeError('is no byte sequence')
    return derCertificate(Buffer.from(item))
  },
  xfcc(value) {
    const elements = parseXfcc(value)
    // Each hop may have added one, and a client may have sent the first: which one is his is not for us to guess.
    if (elements.length !== 1) throw new TypeError('has not exactly one element')
    const certificate = elements[0]?.get('cert')
    if (certificate === undefined) throw new TypeError('has no Cert')
    const read = READERS.pem(certificate)
    const hash = elements[0]?.get('hash')
    if (hash !== undefined && hash.toLowerCase() !== read.fingerprint256.replaceAll(':', '').toLowerCase()) {
      throw new TypeError('has the Hash of another certificate')
    }
    return read
  },
  pem(value) {
    const body = /^-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(
      decodeURIComponent(value),
    )?.[1]
    if (body === undefined) throw new TypeError('is no certificate')
    return derCertificate(Buffer.from(body, 'base64'))
  },
}

function derCertificate(der: Buffer): X509Certificate {
  const certificate = new X509Certificate(der)
  // What the parser ignores would make two spellings, and two thumbprints, of one certificate.
  if (!certificate.raw.equals(der)) throw new TypeError('has bytes beyond the certificate')
  return certificate
}

/**
 * Parses X-Forwarded-Client-Cert into its elements, keys in lower case. Each character is looked at once.
 *
 * @throws TypeError for a pair without `=`, a repeated key, or an open quote.
 */
export function parseXfcc(value: string): Map<string, string>[] {
  const elements: Map<string, string>[] = [new Map()]
  let i = 0
  while (i < value.length) {
    const equals = value.indexOf('=', i)
    const key = value.slice(i, equals).trim().toLowerCase()
    if (equals === -1 || !/^[a-z]+$/.test(key)) throw new TypeError('has a pair without a key')
    const { text, end } = value[equals + 1] === '"' ? quotedText(value, equals + 2) : plainText(value, equals + 1)
    const element = elements.at(-1) as Map<string, string>
    // A certificate has many names, and only one of everything else.
    if (element.has(key) && key !== 'uri' && key !== 'dns') throw new TypeError('repeats a key')
    element.set(key, text)
    const separator = value[end]
    if (separator === ',') elements.push(new Map())
    else if (separator !== ';' && separator !== undefined) throw new TypeError('has text after a quote')
    else if (separator === ';' && end + 1 === value.length) throw new TypeError('ends in the middle')
    if (separator === ',' && end + 1 === value.length) throw new TypeError('ends in the middle')
    i = end + 1
  }
  return elements
}

function plainText(value: string, start: number): { text: string; end: number } {
  let end = start
  while (end < value.length && value[end] !== ';' && value[end] !== ',') {
    if (value[end] === '"') throw new TypeError('has a quote inside')
    end++
  }
  return { text: value.slice(start, end).trim(), end }
}

function quotedText(value: string, start: number): { text: string; end: number } {
  let text = ''
  for (let i = start; i < value.length; i++) {
    if (value[i] === '"') return { text, end: i + 1 }
    if (value[i] === '\\') i++
    text += value[i] ?? ''
  }
  throw new TypeError('has an open quote')
}
