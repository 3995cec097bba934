import type { X509Certificate } from 'node:crypto'
import { type Clock, systemClock } from '../../clock.ts'
import { type Check, type Checks, callable, checkOptions, must } from '../../lib/options.ts'
import { type CertificateProxy, certificateSource, PROXY } from '../certificates/certificate-source.ts'
import type { PeerCertificate } from '../certificates/peer-certificate.ts'
import type { Authenticated, Policy } from '../decision.ts'
import type { CertificateIdentity } from '../identity.ts'
import { LAYER_OPTIONS, type LayerOptions, layerDecisions, layerPolicy } from './layer.ts'

export interface ClientCertificateOptions extends LayerOptions {
  /**
   * Who a certificate belongs to; `undefined` refuses it. Asked on each request; when it throws, the request is answered
   * with 503. Default: the subject's CN, when there is exactly one.
   */
  readonly party?: ((certificate: X509Certificate) => string | undefined) | undefined
  /** Where a proxy ends TLS: takes the certificate from its header, and none from the connection. Default: no proxy. */
  readonly proxy?: CertificateProxy | undefined
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'now'> | undefined
}

/** A clock of which only the time of day is asked. */
export const WALL_CLOCK: Check = must(
  'an object with the method now',
  // `Date` itself will do.
  (clock) => typeof Reflect.get(Object(clock), 'now') === 'function',
)

const OPTIONS = {
  ...LAYER_OPTIONS,
  party: callable,
  proxy: PROXY,
  clock: WALL_CLOCK,
} satisfies Checks<ClientCertificateOptions>

/**
 * A policy for the client's certificate: of the TLS connection, or of a proxy in front. The server must ask for one
 * (`requestCert: true`), and with `rejectUnauthorized: false` a bad one is answered with 401 where the connection would
 * be cut. Validity is checked on each request: a resumed session keeps its certificate beyond the expiry.
 *
 * @throws ConfigurationError for a wrong option.
 */
export function clientCertificate(options: ClientCertificateOptions = {}): Policy {
  checkOptions(options, OPTIONS, 'clientCertificate')
  const { party = commonName, clock = systemClock, name = 'clientCertificate', realm = 'api' } = options
  const source = certificateSource(options.proxy)
  const decisions = layerDecisions(name, source.via, { scheme: 'ClientCertificate', parameters: { realm } })
  const { accept, refuse } = decisions
  const missing = refuse('missing', 'missing')
  const accepted = new WeakMap<PeerCertificate, Authenticated>()

  return layerPolicy(name, decisions, { type: 'mutualTLS' }, (request) => {
    const peer = source.find(request)
    if (peer === undefined) return missing
    if ('outcome' in peer) return refuse(peer.outcome, peer.reason, { ...(peer.detail && { detail: peer.detail }) })
    const known = { credential: peer.thumbprint }
    if (!peer.authorized) return refuse('invalid', 'untrusted', known)
    const now = clock.now()
    if (now < peer.validFrom) return refuse('invalid', 'not_yet_valid', known)
    if (now > peer.validTo) return refuse('invalid', 'expired', known)
    const named = party(peer.certificate)
    if (typeof named !== 'string' || named === '') return refuse('invalid', 'party_unknown', known)
    const before = accepted.get(peer)
    if (before?.identity.party === named) return before
    const decision = accept(identityOf(peer, named), peer.thumbprint)
    accepted.set(peer, decision)
    return decision
  })
}

function identityOf(peer: PeerCertificate, party: string): CertificateIdentity {
  return {
    party,
    scope: [],
    subject: peer.certificate.subject,
    thumbprint: peer.thumbprint,
    serialNumber: peer.certificate.serialNumber,
    expiresAt: peer.validTo,
  }
}

const commonNames = new WeakMap<X509Certificate, string>()

function commonName(certificate: X509Certificate): string | undefined {
  const known = commonNames.get(certificate)
  if (known !== undefined) return known
  // `subject` is text in which a value can look like an attribute; the object keeps them apart.
  const name: unknown = certificate.toLegacyObject().subject?.CN
  if (typeof name !== 'string') return undefined
  commonNames.set(certificate, name)
  return name
}
