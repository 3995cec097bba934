// @auth/core/verify: decides whether a request is authenticated, and names the caller. Free of any framework.

export { credentialHeaders, findIdentity, refuseScope, rememberVerdict, requireScopes } from './admission.ts'
export type { BodyReading } from './body.ts'
export type { CertificateProxy } from './certificates/certificate-source.ts'
export type { CertificateFormat } from './certificates/forwarded-certificate.ts'
export type { TrustedPeers } from './certificates/trusted-peers.ts'
export { type Challenge, formatChallenge } from './challenge.ts'
export { type ApiKeyRecord, generateApiKey, hashApiKey } from './credentials/api-key-record.ts'
export type { AttemptsOptions } from './credentials/attempts.ts'
export type {
  Authenticated,
  Decision,
  LayerReport,
  Policy,
  PolicyShape,
  Reason,
  RefusalOutcome,
  Refused,
} from './decision.ts'
export type { DecisionEvent, DecisionListener } from './decision-event.ts'
export { describePolicy, type PolicyDescription } from './describe-policy.ts'
export { type Guard, type GuardOptions, guard, type Verdict } from './guard.ts'
export type {
  ApiKeyIdentity,
  BasicIdentity,
  BearerIdentity,
  CertificateIdentity,
  Identity,
  IdentityLayers,
  LayerIdentity,
} from './identity.ts'
export { allOf, anyOf, joinIdentities } from './policies/algebra.ts'
export { type ApiKeyOptions, apiKey } from './policies/api-key.ts'
export { type BasicOptions, type BasicUser, basic } from './policies/basic.ts'
export { bearer } from './policies/bearer.ts'
export { type ClientCertificateOptions, clientCertificate } from './policies/client-certificate.ts'
export { requirePolicy } from './policies/decide-safely.ts'
export type { LayerOptions } from './policies/layer.ts'
export {
  type ReplayStore,
  type SignatureFormat,
  type SignatureIdentity,
  type SignatureOptions,
  signature,
} from './policies/signature.ts'
export { easypostSignature, sendcloudSignature, shippoSignature } from './policies/signature-presets.ts'
export { type RefusalResponse, refusalResponse, toResponse } from './refusal-response.ts'
export {
  type ConnectionDetails,
  type FetchRequestLike,
  type InboundRequest,
  type InboundSocket,
  type IncomingMessageLike,
  inboundRequest,
} from './request.ts'
export {
  type MetadataResponse,
  metadataResponse,
  type ResourceMetadata,
  type ResourceMetadataOptions,
  resourceMetadata,
} from './resource-metadata.ts'
export type { SecurityScheme } from './security-scheme.ts'
export { type IntrospectionOptions, introspection } from './tokens/introspection.ts'
export { type JwtOptions, jwt } from './tokens/jwt.ts'
export { checkScope } from './tokens/scope.ts'
export { type Claims, InvalidTokenError, invalidToken, VerificationError, type Verifier } from './tokens/verifier.ts'
