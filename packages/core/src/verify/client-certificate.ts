import type { X509Certificate } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'
import type { Policy } from './decision.ts'
import type { CertificateIdentity } from './identity.ts'
import { type LayerOptions, layerDecisions, layerOptions } from './layer.ts'
import { peerCertificate } from './peer-certificate.ts'

export interface ClientCertificateOptions extends LayerOptions {
  /** Whom a certificate belongs to; `undefined` refuses it. Default: the subject's CN, when there is exactly one. */
  readonly party?: (certificate: X509Certificate) => string | undefined
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * A policy for the client certificate of the TLS connection. The server must ask for one (`requestCert: true`), and
 * with `rejectUnauthorized: false` a bad one is answered with 401 where the connection would be cut. Validity is
 * checked on each request: a resumed session keeps its certificate beyond the expiry.
 *
 * @throws ConfigurationError when `party` is no function.
 */
export function clientCertificate(options: ClientCertificateOptions = {}): Policy {
  const { party = commonName, clock = systemClock } = options
  const { name, realm } = layerOptions(options, 'clientCertificate')
  if (typeof party !== 'function') throw new ConfigurationError('party', 'must be a function')
  const { accept, refuse } = layerDecisions(name, 'tls', { scheme: 'ClientCertificate', parameters: { realm } })
  const missing = refuse('missing', 'missing')

  return {
    layers: [name],
    decide(request) {
      const peer = peerCertificate(request)
      if (peer === undefined) return missing
      if (!peer.authorized) return refuse('invalid', 'untrusted')
      const now = clock.now()
      if (now < peer.validFrom) return refuse('invalid', 'not_yet_valid')
      if (now > peer.validTo) return refuse('invalid', 'expired')
      const named = party(peer.certificate)
      if (typeof named !== 'string' || named === '') return refuse('invalid', 'party_unknown')
      const identity: CertificateIdentity = {
        party: named,
        scope: [],
        subject: peer.certificate.subject,
        thumbprint: peer.thumbprint,
        serialNumber: peer.certificate.serialNumber,
        expiresAt: peer.validTo,
      }
      return accept(identity)
    },
  }
}

function commonName(certificate: X509Certificate): string | undefined {
  // `subject` is text in which a value can look like an attribute; the object keeps them apart.
  const name: unknown = certificate.toLegacyObject().subject?.CN
  return typeof name === 'string' ? name : undefined
}
