// @auth/core: how carriers authenticate, and the tokens that takes. Inbound verification is in ./verify, what needs
// Node in ./node, what adapters share in ./adapter. Tools find all carriers in ./carriers.
export { defineCarrier } from './carrier.ts'
export type { CarrierAbout, CarrierRefusal, RefusalEffect, WireAnswer, WireRequest } from './carrier-about.ts'
export * from './carrier-exports.ts'
export type {
  AnyCarrierProfile,
  CarrierContext,
  CarrierFactory,
  CarrierOptions,
  CarrierProfile,
  CredentialRule,
  Deployment,
  Resolved,
  RoutedLayers,
  Secrets,
  TokenProfile,
} from './carrier-profile.ts'
export { clientAssertion } from './client-auth/client-assertion.ts'
export type { ClientAuth, TokenRequestParts } from './client-auth/client-auth.ts'
export { clientSecretBasic } from './client-auth/client-secret-basic.ts'
export { clientSecretHeaders } from './client-auth/client-secret-headers.ts'
export { clientSecretPost } from './client-auth/client-secret-post.ts'
export { type PrivateKeyJwtOptions, privateKeyJwt } from './client-auth/private-key-jwt.ts'
export type { PrivateKeyInput, Signer } from './client-auth/signing-key.ts'
export { tlsClientAuth } from './client-auth/tls-client-auth.ts'
export type { Clock } from './clock.ts'
export {
  AuthError,
  type AuthErrorCode,
  authErrorOf,
  type CarrierAuthError,
  ConfigurationError,
  CredentialsRejectedError,
  TokenEndpointError,
} from './errors.ts'
export type {
  AuthEvent,
  AuthEventListener,
  CallerHeaderUsedEvent,
  CertificateExpiringEvent,
  ChallengedEvent,
  OriginUntrustedEvent,
  RefreshTokenNotSavedEvent,
  ResetEvent,
  StoreFailedEvent,
  StoreMissedEvent,
  StoreRecoveredEvent,
  TokenIssuedEvent,
  TokenRejectedEvent,
  TokenRequestBlockedEvent,
  TokenRequestedEvent,
  TokenRequestFailedEvent,
  TokenRequestQueuedEvent,
  TokenSharedEvent,
} from './events.ts'
export { type ClientCredentialsOptions, clientCredentials } from './grants/client-credentials.ts'
export type { Grant, GrantCredential } from './grants/grant.ts'
export { type JwtBearerOptions, jwtBearer } from './grants/jwt-bearer.ts'
export { type PasswordOptions, password } from './grants/password.ts'
export { type RefreshTokenOptions, refreshToken } from './grants/refresh-token.ts'
export { type TokenExchangeOptions, tokenExchange } from './grants/token-exchange.ts'
export type { AuthRequest, Credentials, Layer, TlsIdentity, TokenTimes } from './layer.ts'
export type { SignatureAlgorithm } from './lib/signature-algorithms.ts'
export type { ApiAnswer, RecoverOn, RecoverPattern } from './recover-on.ts'
export type { Replay } from './recovery.ts'
export type { Route } from './routes.ts'
export { type ApiKeyOptions, apiKey } from './schemes/api-key.ts'
export { basic } from './schemes/basic.ts'
export { type BearerOptions, bearer } from './schemes/bearer.ts'
export { fixedHeader } from './schemes/fixed-header.ts'
export { queryKey } from './schemes/query-key.ts'
export { trustAnchors } from './schemes/trust-anchors.ts'
export {
  basicPart,
  basicPassword,
  basicUser,
  headerValue,
  nonEmpty,
  type SecretCheck,
  type SecretInput,
} from './secret.ts'
export {
  createStrategy,
  type LayerStatus,
  type Strategy,
  type StrategyOptions,
  type StrategyStatus,
} from './strategy.ts'
export { clientCertificate, type Pem, type TlsIdentityInput, type TlsIdentityParts } from './tls/identity.ts'
export { type DiscoveryOptions, discoverTokenEndpoint } from './token/discovery.ts'
export { memoryStore } from './token/memory-store.ts'
export { type OAuth2Options, oauth2 } from './token/oauth2.ts'
export type { AnswerPattern, ThrottlePattern } from './token/outcome-patterns.ts'
export { type CachedTokenSource, type TokenCacheOptions, tokenCache } from './token/token-cache.ts'
export type { LifetimeUnit, Place, TokenResponseMapping } from './token/token-response.ts'
export type {
  AccessToken,
  ClientCredential,
  TokenRequest,
  TokenRequestReason,
  TokenSource,
  TokenSourceControl,
  TokenStatus,
} from './token/token-source.ts'
export type {
  Lease,
  LeaseRefusal,
  RateLimit,
  StoredEntry,
  TokenStore,
  VersionedEntry,
} from './token/token-store.ts'
