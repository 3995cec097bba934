import type { X509Certificate } from 'node:crypto'
import { sha256 } from '../../runtime/crypto.ts'
import type { InboundRequest, InboundSocket } from '../request.ts'

/** The client's certificate, with what is looked at on each request already worked out. */
export interface PeerCertificate {
  readonly certificate: X509Certificate
  /** SHA-256 of the DER, base64url (RFC 8705 section 3.1). */
  readonly thumbprint: string
  /** Epoch ms. */
  readonly validFrom: number
  /** Epoch ms. */
  readonly validTo: number
  /** Whether it chains up to a trust anchor. */
  readonly authorized: boolean
}

// Reading a certificate off a socket costs more than verifying a signature, and a connection carries many requests.
const bySocket = new WeakMap<InboundSocket, PeerCertificate>()
const byCertificate = new WeakMap<X509Certificate, PeerCertificate>()

/**
 * The certificate of the TLS connection, also one that is not trusted; `undefined` when none was presented, `'unseen'`
 * when that cannot be known.
 */
export function peerCertificate(request: InboundRequest): PeerCertificate | 'unseen' | undefined {
  const { socket, peerCertificate: given, seesCertificate = true } = request
  if (given === null) return undefined
  if (given !== undefined) return remembered(byCertificate, given, () => describeCertificate(given, true))
  if (!seesCertificate) return 'unseen'
  if (socket.encrypted !== true) return undefined
  const known = bySocket.get(socket)
  if (known !== undefined) return known
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate === undefined) return undefined
  return remembered(bySocket, socket, () => describeCertificate(certificate, socket.authorized === true))
}

function remembered<K extends object>(
  known: WeakMap<K, PeerCertificate>,
  key: K,
  describe: () => PeerCertificate,
): PeerCertificate {
  const before = known.get(key)
  if (before !== undefined) return before
  const peer = describe()
  known.set(key, peer)
  return peer
}

export function describeCertificate(certificate: X509Certificate, authorized: boolean): PeerCertificate {
  return {
    certificate,
    thumbprint: sha256(certificate.raw, 'base64url'),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    authorized,
  }
}
