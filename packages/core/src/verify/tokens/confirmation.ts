import type { CertificateSource } from '../certificates/certificate-source.ts'
import type { InboundRequest } from '../request.ts'
import { type Claims, invalidToken, VerificationError } from './verifier.ts'

/** Confirmation methods other than a certificate (RFC 7800 section 3, RFC 9449 section 6): not checked, so refused. */
const OTHER_METHODS = ['jkt', 'jwk', 'jwe', 'jku', 'osc']

/**
 * Refuses a certificate-bound token (RFC 8705 section 3) without its certificate, and tokens bound in another way. That
 * the client holds the certificate's key is what counts, not who signed it. Further members of `cnf` are ignored.
 */
export function checkConfirmation({ cnf }: Claims, request: InboundRequest, certificates: CertificateSource): void {
  if (cnf === undefined) return
  const thumbprint = (cnf as Record<string, unknown> | null)?.['x5t#S256']
  if (typeof thumbprint !== 'string' || OTHER_METHODS.some((method) => Object.hasOwn(cnf as object, method))) {
    throw invalidToken('confirmation', 'the token is bound in a way that cannot be checked')
  }
  const presented = certificates.find(request)
  if (presented !== undefined && 'outcome' in presented && presented.outcome === 'undecided') {
    // Not "not presented": whether it was, nobody knows.
    throw new VerificationError(
      'temporarily_unavailable',
      'not_visible',
      `the token is bound to a certificate: ${presented.detail}`,
    )
  }
  if (presented === undefined || 'outcome' in presented || presented.thumbprint !== thumbprint) {
    throw invalidToken('confirmation', 'the token is bound to another certificate')
  }
}
