import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type Finding, fail, pass, skipped, warn } from './check.ts'

export interface Identity {
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly passphrase?: string | undefined
}

const DAY = 24 * 60 * 60 * 1000
// Days before the end from which on a certificate is worth a warning.
const SOON = 30
const RENEW = 'have the carrier sign a new one: carrier-auth csr --common-name … --key … --out …'

/** The client certificate against its key, its chain and the calendar. */
export function certificateFinding(identity: Identity | undefined, now: number): Finding {
  if (identity === undefined) return skipped('no client certificate is needed')
  const { cert, key, passphrase } = identity
  if (cert === undefined || key === undefined) {
    return fail(`the ${cert === undefined ? 'certificate' : 'private key'} is missing`, 'give certificate and key')
  }
  const certificates = certificatesIn(cert)
  if (certificates === undefined) {
    return fail('the certificate is not PEM', 'give the text from -----BEGIN CERTIFICATE----- on, with its line breaks')
  }
  const [leaf, ...chain] = certificates
  if (leaf === undefined) return fail('the certificate is empty', 'give the file that the carrier has signed')
  const privateKey = keyIn(key, passphrase)
  if (privateKey === undefined) {
    return fail('the private key cannot be read', 'check that it is PEM, unencrypted or with its passphrase')
  }
  if (!leaf.checkPrivateKey(privateKey)) {
    const other = chain.find((one) => one.checkPrivateKey(privateKey))
    return other === undefined
      ? fail(
          'the private key belongs to another certificate',
          'pair the certificate with the key of its signing request',
        )
      : fail('the certificates are in the wrong order', 'put the certificate of the key before its intermediates')
  }
  const broken = chain.findIndex((issuer, i) => !(certificates[i] as X509Certificate).checkIssued(issuer))
  if (broken !== -1) {
    return fail(
      `certificate ${broken + 2} has not issued the one before it`,
      'put each issuer after what it has signed',
    )
  }
  const from = Date.parse(leaf.validFrom)
  const until = Date.parse(leaf.validTo)
  if (from > now) return fail(`the certificate is valid from ${day(from)} on`, 'check the clock of this machine')
  if (until <= now) return fail(`the certificate ended on ${day(until)}`, RENEW)
  const days = Math.floor((until - now) / DAY)
  const summary = `key and certificate belong together; ${days} days left, until ${day(until)}`
  return days <= SOON ? warn(summary, RENEW) : pass(summary)
}

function certificatesIn(pem: string): X509Certificate[] | undefined {
  const blocks = lines(pem).match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs)
  try {
    return blocks?.map((block) => new X509Certificate(block))
  } catch {
    return undefined
  }
}

function keyIn(pem: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({ key: lines(pem), ...(passphrase !== undefined && { passphrase }) })
  } catch {
    return undefined
  }
}

/** A literal `\n`, as environment variables have it, counts as a line break. */
function lines(pem: string): string {
  return pem.replaceAll('\\n', '\n')
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}
