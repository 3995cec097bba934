import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { ConfigurationError } from '../../errors.ts'
import type { Reason } from '../decision.ts'
import type { InboundRequest } from '../request.ts'
import { type CertificateFormat, certificateReader } from './forwarded-certificate.ts'
import { describeCertificate, type PeerCertificate, peerCertificate } from './peer-certificate.ts'
import { type TrustedPeers, trustedPeers } from './trusted-peers.ts'

/** A proxy that ends TLS, verifies the client's certificate, and hands it on in a header that it sets on each request. */
export interface CertificateProxy {
  /** The header, such as `client-cert` (RFC 9440) or `x-forwarded-client-cert` (Envoy). */
  readonly header: string
  /** The proxy's addresses. The header is refused on connections from elsewhere. */
  readonly trusted: TrustedPeers
  /** Default: by the header's name `rfc9440` or `xfcc`, for other headers `pem`. */
  readonly format?: CertificateFormat
}

/** The client's certificate, why there is none to be had, or nothing when none was presented. */
export type FoundCertificate =
  | PeerCertificate
  | { readonly outcome: 'invalid' | 'bad_request'; readonly reason: Reason }
  | undefined

export interface CertificateSource {
  /** Where the certificate is looked for: `tls`, or a header's name. */
  readonly via: string
  find(request: InboundRequest): FoundCertificate
}

/** Certificates that are kept parsed, the ones used longest ago going first: parsing costs more than a signature. */
const MOST_CERTIFICATES = 1000

/** Certificates of the connection itself, or of `proxy` where one ends TLS; never of both. */
export function certificateSource(proxy: CertificateProxy | undefined): CertificateSource {
  if (proxy === undefined) return { via: 'tls', find: peerCertificate }
  if (typeof proxy.header !== 'string' || !/^[\w-]+$/.test(proxy.header)) {
    throw new ConfigurationError('proxy.header', 'must be the name of a header')
  }
  const via = proxy.header.toLowerCase()
  const isTrusted = trustedPeers(proxy.trusted, 'proxy.trusted')
  const read = certificateReader(via, proxy.format)
  const parsed = new LRUCache<string, PeerCertificate>({ max: MOST_CERTIFICATES })

  return {
    via,
    find(request) {
      const lines = request.header(via)
      const [line] = lines
      if (line === undefined) return undefined
      if (!isTrusted(request.socket.remoteAddress)) return { outcome: 'invalid', reason: 'untrusted' }
      if (lines.length > 1) return { outcome: 'bad_request', reason: 'duplicate_header' }
      // Proxies such as nginx send the header empty when the client has no certificate.
      if (line === '') return undefined
      const key = hash('sha256', line, 'base64url')
      let peer = parsed.get(key)
      if (peer === undefined) {
        try {
          peer = describeCertificate(read(line), true)
        } catch {
          return { outcome: 'invalid', reason: 'malformed' }
        }
        parsed.set(key, peer)
      }
      return peer
    },
  }
}
