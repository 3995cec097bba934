// @auth/core/verify: decides whether a request is authenticated, and as whom. Free of any framework.
export { allOf, anyOf, joinIdentities } from './algebra.ts'
export { type Answer, answer } from './answer.ts'
export { type ApiKeyOptions, apiKey } from './api-key.ts'
export { type ApiKeyRecord, generateApiKey, hashApiKey } from './api-key-record.ts'
export type { AttemptsOptions } from './attempts.ts'
export { type BasicOptions, type BasicUser, basic } from './basic.ts'
export { bearer } from './bearer.ts'
export type { CertificateProxy } from './certificate-source.ts'
export { type Challenge, formatChallenge } from './challenge.ts'
export { type ClientCertificateOptions, clientCertificate } from './client-certificate.ts'
export type {
  Authenticated,
  Decision,
  LayerReport,
  Policy,
  Reason,
  RefusalOutcome,
  Refused,
} from './decision.ts'
export type { CertificateFormat } from './forwarded-certificate.ts'
export type {
  ApiKeyIdentity,
  BasicIdentity,
  BearerIdentity,
  CertificateIdentity,
  Identity,
  IdentityLayers,
  LayerIdentity,
} from './identity.ts'
export { type IntrospectionOptions, introspection } from './introspection.ts'
export { type JwtOptions, jwt } from './jwt.ts'
export type { LayerOptions } from './layer.ts'
export {
  type InboundRequest,
  type InboundSocket,
  type IncomingMessageLike,
  inboundRequest,
} from './request.ts'
export { checkScope } from './scope.ts'
export type { TrustedPeers } from './trusted-peers.ts'
export { type Claims, invalidToken, VerificationError, type Verifier } from './verifier.ts'
