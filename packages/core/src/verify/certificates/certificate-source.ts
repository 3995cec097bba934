import QuickLRU from 'quick-lru'
import { ConfigurationError } from '../../errors.ts'
import { describeError } from '../../lib/describe-error.ts'
import { anything, type Check, must, required, shape } from '../../lib/options.ts'
import { sha256 } from '../../runtime/crypto.ts'
import type { Reason } from '../decision.ts'
import { type InboundRequest, remoteAddressOf } from '../request.ts'
import { type CertificateFormat, certificateReader, UnreadableCertificate } from './forwarded-certificate.ts'
import { describeCertificate, type PeerCertificate, peerCertificate } from './peer-certificate.ts'
import { type TrustedPeers, trustedPeers } from './trusted-peers.ts'

/** A proxy that ends TLS, verifies the client's certificate, and hands it on in a header that it sets on each request. */
export interface CertificateProxy {
  /**
   * The header, such as `client-cert` (RFC 9440), `x-forwarded-client-cert` (Envoy), `x-forwarded-tls-client-cert`
   * (Traefik), `x-arr-clientcert` (Azure) or `x-amzn-mtls-clientcert-leaf` (ALB in verify mode).
   */
  readonly header: string
  /** The proxy's addresses. The header is refused on connections from elsewhere. */
  readonly trusted: TrustedPeers
  /** Default: `rfc9440` for `client-cert`, `xfcc` for `x-forwarded-client-cert`, else `pem` or `der`, as it comes. */
  readonly format?: CertificateFormat
}

/** The client's certificate, why it cannot be used, or nothing when none was presented. */
export type FoundCertificate =
  | PeerCertificate
  | { readonly outcome: 'invalid' | 'bad_request' | 'undecided'; readonly reason: Reason; readonly detail?: string }
  | undefined

export interface CertificateSource {
  /** Where the certificate is looked for: `tls`, or a header's name. */
  readonly via: string
  find(request: InboundRequest): FoundCertificate
}

/** Certificates that are kept parsed, the ones used longest ago going first: parsing costs more than a signature. */
const MOST_CERTIFICATES = 1000

/** ALB in passthrough mode (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html). */
const UNVERIFIED = 'x-amzn-mtls-clientcert'

/** Checks of the option `proxy`, for every factory that takes it. */
export const PROXY: Check = shape<CertificateProxy>({
  header: required(must('the name of a header', (value) => typeof value === 'string' && /^[\w-]+$/.test(value))),
  trusted: required(anything),
  format: anything,
})

/** Certificates of the connection itself, or of `proxy` where one ends TLS; never of both. */
export function certificateSource(proxy: CertificateProxy | undefined): CertificateSource {
  if (proxy === undefined) return { via: 'tls', find: ofConnection }
  const via = proxy.header.toLowerCase()
  if (via === UNVERIFIED && proxy.format === undefined) {
    throw new ConfigurationError(
      'proxy.header',
      `${UNVERIFIED} is what the client sent, unverified; take ${UNVERIFIED}-leaf, or set format to 'pem-chain' and verify it in \`party\``,
    )
  }
  const isTrusted = trustedPeers(proxy.trusted, 'proxy.trusted')
  const read = certificateReader(via, proxy.format)
  const parsed = new QuickLRU<string, PeerCertificate>({ maxSize: MOST_CERTIFICATES })

  return {
    via,
    find(request) {
      const lines = request.header(via)
      const [line] = lines
      if (line === undefined) return undefined
      if (!isTrusted(remoteAddressOf(request))) {
        return { outcome: 'invalid', reason: 'untrusted', detail: `${via} came from an address that is not trusted` }
      }
      if (lines.length > 1) return { outcome: 'bad_request', reason: 'duplicate_header' }
      // Proxies such as nginx send the header empty when the client has no certificate.
      if (line === '') return undefined
      const key = sha256(line, 'base64url')
      let peer = parsed.get(key)
      if (peer === undefined) {
        try {
          peer = describeCertificate(read(line), true)
        } catch (error) {
          const problem = error instanceof UnreadableCertificate ? error.message : describeError(error)
          return { outcome: 'invalid', reason: 'malformed', detail: `${via} ${problem}` }
        }
        parsed.set(key, peer)
      }
      return peer
    },
  }
}

function ofConnection(request: InboundRequest): FoundCertificate {
  const peer = peerCertificate(request)
  return peer === 'unseen'
    ? { outcome: 'undecided', reason: 'not_visible', detail: 'this runtime does not show the client certificate' }
    : peer
}
