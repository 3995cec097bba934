import { hash, type X509Certificate } from 'node:crypto'
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

/** The certificate of the TLS connection, also one that is not trusted. */
export function peerCertificate({ socket }: InboundRequest): PeerCertificate | undefined {
  if (socket.encrypted !== true) return undefined
  const known = bySocket.get(socket)
  if (known !== undefined) return known
  const certificate = socket.getPeerX509Certificate?.()
  if (certificate === undefined) return undefined
  const peer = describeCertificate(certificate, socket.authorized === true)
  bySocket.set(socket, peer)
  return peer
}

export function describeCertificate(certificate: X509Certificate, authorized: boolean): PeerCertificate {
  return {
    certificate,
    thumbprint: hash('sha256', certificate.raw, 'base64url'),
    validFrom: Date.parse(certificate.validFrom),
    validTo: Date.parse(certificate.validTo),
    authorized,
  }
}
