import type { RequestOptions as NativeOptions } from 'node:https'
import tls from 'node:tls'
import type { TlsIdentity } from '@auth/core'
import { tlsAgent } from '@auth/core/node'
import { originOf, type RequestOptions } from './call.ts'

/**
 * Makes a request present the identity: over an agent of its own, or, where the user has an agent or trust anchors or
 * wants HTTP/2, by the request's own TLS options, by which Node and got keep connections apart. A certificate of the
 * user's own wins.
 */
export function presentIdentity(native: NativeOptions, identity: TlsIdentity, options: RequestOptions): void {
  const { https, agent, http2 } = options
  if (https.certificate !== undefined || https.pfx !== undefined) return
  if (agent.https === undefined && https.certificateAuthority === undefined && !http2) {
    native.agent = tlsAgent(identity, originOf(options))
    return
  }
  const { cert, key, passphrase, ca } = identity
  if (cert !== undefined) Object.assign(native, { cert, key, passphrase })
  if (ca !== undefined && https.certificateAuthority === undefined) {
    // What is given as `ca` replaces the system's trust anchors.
    native.ca = [...(tls.getCACertificates?.('default') ?? tls.rootCertificates), ca]
  }
}
