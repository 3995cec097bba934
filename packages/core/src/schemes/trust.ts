import type { Layer } from '../layer.ts'
import { clientCertificate } from './client-certificate.ts'

/**
 * Further trust anchors (PEM) for the connections to the trusted origins; it carries no credential.
 *
 * @throws ConfigurationError for text that is not PEM.
 */
export function trustAnchors(ca: string): Layer {
  return { ...clientCertificate({ ca }, 'ca'), scheme: 'trustAnchors' }
}
