import type { SecureContext } from 'node:tls'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import { builtin } from '../runtime/builtin.ts'

const contexts = new WeakMap<TlsIdentity, SecureContext>()

/**
 * The identity as TLS takes it: certificate and key, and its trust anchors on top of the default ones. The same
 * identity object gives the same context. No import of node:tls, so that what leads here can be bundled for a browser.
 *
 * @throws ConfigurationError outside Node, and what OpenSSL finds wrong with the PEM texts.
 */
export function secureContextOf(identity: TlsIdentity): SecureContext {
  let context = contexts.get(identity)
  if (context === undefined) {
    const tls = builtin('node:tls')
    if (tls === undefined) throw new ConfigurationError('tls', 'needs Node')
    const { cert, key, passphrase, ca } = identity
    // Trust anchors that are given replace the default ones. Node 22.15 and later know what NODE_EXTRA_CA_CERTS adds.
    const defaults = tls.getCACertificates?.('default') ?? tls.rootCertificates
    context = tls.createSecureContext({ cert, key, passphrase, ca: ca === undefined ? undefined : [...defaults, ca] })
    contexts.set(identity, context)
  }
  return context
}
