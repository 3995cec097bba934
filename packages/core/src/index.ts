// @auth/core: how carriers authenticate, and the tokens that takes. Inbound verification is in ./verify, what needs
// Node in ./node, what adapters share in ./adapter.
export type { Clock } from './clock.ts'
export {
  AuthError,
  type AuthErrorCode,
  ConfigurationError,
  CredentialsRejectedError,
  TokenEndpointError,
} from './errors.ts'
export type { AuthEvent, AuthEventListener } from './events.ts'
export type { AuthRequest, Credentials, Layer, TlsIdentity } from './layer.ts'
export type { SecretInput } from './secret.ts'
export {
  createStrategy,
  type LayerStatus,
  type Replay,
  type Strategy,
  type StrategyOptions,
  type StrategyStatus,
} from './strategy.ts'
export type {
  AccessToken,
  TokenRequest,
  TokenRequestReason,
  TokenSource,
  TokenSourceControl,
  TokenStatus,
} from './token/token-source.ts'
