import tls, { type SecureContext } from 'node:tls'
import type { TlsIdentity } from '../layer.ts'
import { trustAnchors } from './https-fetch.ts'

const contexts = new WeakMap<TlsIdentity, SecureContext>()

/**
 * The identity as TLS takes it: certificate, key and trust anchors. The same identity object gives the same context.
 *
 * @throws what OpenSSL finds wrong with the PEM texts.
 */
export function secureContextOf(identity: TlsIdentity): SecureContext {
  let context = contexts.get(identity)
  if (context === undefined) {
    const { cert, key, passphrase, ca } = identity
    context = tls.createSecureContext({ cert, key, passphrase, ...(ca !== undefined && { ca: trustAnchors(ca) }) })
    contexts.set(identity, context)
  }
  return context
}
