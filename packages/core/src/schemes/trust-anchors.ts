import type { Layer } from '../layer.ts'
import { checkAnchors, clientCertificate, type Pem } from '../tls/identity.ts'

/**
 * Further trust anchors (PEM) for the connections to the trusted origins; it carries no credential.
 *
 * @throws ConfigurationError for text that is not PEM.
 */
export function trustAnchors(ca: Pem): Layer {
  checkAnchors(ca, 'ca')
  return { ...clientCertificate({ ca }, 'ca'), scheme: 'trustAnchors' }
}
