import type { Claims } from './tokens/claims.ts'

/** What is known of a party from one layer. */
export interface LayerIdentity {
  readonly party: string
  readonly scope: readonly string[]
}

export interface CertificateIdentity extends LayerIdentity {
  /** Subject, one attribute a line, as `X509Certificate.subject` has it. */
  readonly subject: string
  /** SHA-256 of the certificate's DER, base64url: the `x5t#S256` of RFC 8705. */
  readonly thumbprint: string
  readonly serialNumber: string
  /** Epoch ms. */
  readonly expiresAt: number
}

export interface ApiKeyIdentity extends LayerIdentity {
  /** `id` of the key, not the key. */
  readonly id: string
}

export interface BasicIdentity extends LayerIdentity {
  readonly username: string
}

export interface BearerIdentity extends LayerIdentity {
  readonly claims: Claims
}

/** By layer name; the four names are those of the schemes, further ones those that the options gave. */
export interface IdentityLayers {
  readonly clientCertificate?: CertificateIdentity
  readonly apiKey?: ApiKeyIdentity
  readonly basic?: BasicIdentity
  readonly bearer?: BearerIdentity
  readonly [name: string]: LayerIdentity | undefined
}

/** Who sent an authenticated request. Deeply frozen. */
export interface Identity {
  /** The customer, tenant or system that all layers agree on. */
  readonly party: string
  /** What the layers grant together, without repetition. */
  readonly scope: readonly string[]
  readonly layers: IdentityLayers
}

/** Freezes a value made of plain objects and arrays, however deep. */
export function deepFreeze<T>(value: T): T {
  const pending: unknown[] = [value]
  while (pending.length > 0) {
    const next = pending.pop()
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    Object.freeze(next)
    pending.push(...Object.values(next))
  }
  return value
}
