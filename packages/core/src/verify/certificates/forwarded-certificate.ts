import type { X509Certificate } from 'node:crypto'
import { parseItem } from 'structured-headers'
import { ConfigurationError } from '../../errors.ts'
import { nodeCrypto } from '../../runtime/crypto.ts'

/**
 * How a proxy writes the client's certificate into a header:
 * - `rfc9440`: a byte sequence (RFC 9440 section 2.2).
 * - `xfcc`: Envoy's X-Forwarded-Client-Cert, with `Cert`
 *   (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert).
 * - `pem`: URL-encoded PEM, as nginx' `$ssl_client_escaped_cert` and ALB's `x-amzn-mtls-clientcert-leaf` are.
 * - `pem-chain`: the same for a chain, of which the first certificate is the client's.
 * - `der`: bare base64, as Traefik, Azure App Service and HAProxy (`ssl_c_der,base64`) write it; of a list with commas
 *   the first.
 */
export type CertificateFormat = 'rfc9440' | 'xfcc' | 'pem' | 'pem-chain' | 'der'

/** Reads a certificate from the value of a header; throws {@link UnreadableCertificate} when it is none. */
export type CertificateReader = (value: string) => X509Certificate

/** What is wrong with a header, for logs; completes "<header> …", and quotes nothing of it. */
export class UnreadableCertificate extends TypeError {}

/** The reader for a header, by its format or else by its name. */
export function certificateReader(header: string, format: CertificateFormat | undefined): CertificateReader {
  const named = format ?? FORMATS_BY_HEADER[header]
  if (named === undefined) return readPemOrDer
  const reader = Object.hasOwn(READERS, named) ? READERS[named] : undefined
  if (reader === undefined)
    throw new ConfigurationError('proxy.format', "must be 'rfc9440', 'xfcc', 'pem', 'pem-chain' or 'der'")
  return reader
}

const FORMATS_BY_HEADER: Readonly<Record<string, CertificateFormat>> = {
  'client-cert': 'rfc9440',
  'x-forwarded-client-cert': 'xfcc',
}

const READERS: Readonly<Record<CertificateFormat, CertificateReader>> = {
  rfc9440(value) {
    let item: unknown
    try {
      ;[item] = parseItem(value)
    } catch {
      throw new UnreadableCertificate('is no structured field (RFC 9440)')
    }
    if (!(item instanceof ArrayBuffer)) throw new UnreadableCertificate('is no byte sequence (RFC 9440)')
    return derCertificate(Buffer.from(item))
  },
  xfcc(value) {
    const elements = parseXfcc(value)
    // Each hop may have added one, and a client may have sent the first: which one counts is not for us to guess.
    if (elements.length !== 1) throw new UnreadableCertificate('has not exactly one element: set SANITIZE_SET')
    const certificate = elements[0]?.get('cert')
    if (certificate === undefined) {
      throw new UnreadableCertificate('has no Cert: set set_current_client_cert_details.cert')
    }
    const read = READERS.pem(certificate)
    const hash = elements[0]?.get('hash')
    if (hash !== undefined && hash.toLowerCase() !== read.fingerprint256.replaceAll(':', '').toLowerCase()) {
      throw new UnreadableCertificate('has the Hash of another certificate')
    }
    return read
  },
  pem(value) {
    const [first, second] = pemBodies(value)
    if (first === undefined) throw new UnreadableCertificate('is no URL-encoded PEM certificate')
    if (second !== undefined) throw new UnreadableCertificate('has several certificates: set format to pem-chain')
    return derCertificate(Buffer.from(first, 'base64'))
  },
  'pem-chain'(value) {
    // The client's own certificate comes first, and those of its chain after it.
    const [first] = pemBodies(value)
    if (first === undefined) throw new UnreadableCertificate('is no URL-encoded PEM chain')
    return derCertificate(Buffer.from(first, 'base64'))
  },
  der(value) {
    const [first = ''] = decoded(value).split(',')
    const bytes = Buffer.from(first, 'base64')
    if (first === '' || bytes.toString('base64') !== first) throw new UnreadableCertificate('is no base64 of DER')
    return derCertificate(bytes)
  },
}

/** The base64 of each certificate; empty when there is anything else. */
function pemBodies(value: string): string[] {
  const text = decoded(value)
  const bodies: string[] = []
  const block = /-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*/y
  while (block.lastIndex < text.length) {
    const body = block.exec(text)?.[1]
    if (body === undefined) return []
    bodies.push(body)
  }
  return bodies
}

const readPemOrDer: CertificateReader = (value) =>
  /^-----BEGIN|^%2D|^-%2D/i.test(value) ? READERS.pem(value) : READERS.der(value)

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw new UnreadableCertificate('is not URL-encoded')
  }
}

function derCertificate(der: Buffer): X509Certificate {
  const { X509Certificate } = nodeCrypto()
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch {
    throw new UnreadableCertificate('is no certificate')
  }
  // What the parser ignores would make two spellings, and two thumbprints, of one certificate.
  if (!certificate.raw.equals(der)) throw new UnreadableCertificate('has bytes beyond the certificate')
  return certificate
}

/**
 * Parses X-Forwarded-Client-Cert into its elements, keys in lower case. Each character is looked at once.
 *
 * @throws UnreadableCertificate for a pair without `=`, a repeated key, or an open quote.
 */
export function parseXfcc(value: string): Map<string, string>[] {
  const elements: Map<string, string>[] = [new Map()]
  let i = 0
  while (i < value.length) {
    const equals = value.indexOf('=', i)
    const key = value.slice(i, equals).trim().toLowerCase()
    if (equals === -1 || !/^[a-z]+$/.test(key)) throw new UnreadableCertificate('has a pair without a key')
    const { text, end } = value[equals + 1] === '"' ? quotedText(value, equals + 2) : plainText(value, equals + 1)
    const element = elements.at(-1) as Map<string, string>
    // A certificate has many names, and only one of everything else.
    if (element.has(key) && key !== 'uri' && key !== 'dns') throw new UnreadableCertificate('repeats a key')
    element.set(key, text)
    const separator = value[end]
    if (separator === ',') elements.push(new Map())
    else if (separator !== ';' && separator !== undefined) throw new UnreadableCertificate('has text after a quote')
    else if (separator === ';' && end + 1 === value.length) throw new UnreadableCertificate('ends in the middle')
    if (separator === ',' && end + 1 === value.length) throw new UnreadableCertificate('ends in the middle')
    i = end + 1
  }
  return elements
}

function plainText(value: string, start: number): { text: string; end: number } {
  let end = start
  while (end < value.length && value[end] !== ';' && value[end] !== ',') {
    if (value[end] === '"') throw new UnreadableCertificate('has a quote inside')
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
  throw new UnreadableCertificate('has an open quote')
}
