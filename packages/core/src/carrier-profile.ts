import type { Layer } from './layer.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import type { Check, Checks } from './lib/options.ts'
import type { Route } from './routes.ts'
import type { SecretCheck, SecretInput } from './secret.ts'
import type { Strategy, StrategyOptions } from './strategy.ts'
import type { TlsIdentityInput } from './tls/identity.ts'
import type { OAuth2Options } from './token/oauth2.ts'
import type { CachedTokenSource } from './token/token-cache.ts'
import type { SharedTokenOptions } from './token/token-options.ts'
import type { RateLimit } from './token/token-store.ts'

/** What every carrier's factory takes beside the carrier's own options. */
export interface CarrierOptions
  extends SharedTokenOptions,
    Partial<Pick<StrategyOptions, 'recoverOn' | 'replay' | 'strict'>> {
  /** Origins that may see the credentials. Default: the carrier's documented ones. */
  origins?: readonly string[] | undefined
  /** Default: the carrier's documented one. */
  tokenEndpoint?: string | undefined
}

/** The hosts of one environment, as far as they are documented. */
export interface Deployment {
  readonly origins?: readonly string[]
  readonly tokenEndpoint?: string
  /** Where the environment is a path of a host that it shares with the others, such as `/mydhlapi/test`. */
  readonly basePath?: string
}

/** What one credential must hold: a check of a secret, one that may be left out, or a TLS identity. */
export type CredentialRule = SecretCheck | { readonly optional: SecretCheck } | { readonly tls: true }

/** Credentials that are secrets, by name: `Secrets<'clientId' | 'clientSecret', 'childKey'>`. */
export type Secrets<Names extends string, Optional extends string = never> = Record<Names, SecretInput> &
  Partial<Record<Optional, SecretInput>>

/** Secrets as the layers get them: functions that yield the checked current value. */
export type Resolved<Credentials> = {
  [K in keyof Credentials]: NonNullable<Credentials[K]> extends SecretInput
    ? () => MaybePromise<string>
    : Credentials[K]
}

/** What a carrier's `layers` may use. */
export interface CarrierContext<Options> {
  readonly options: Options & CarrierOptions
  /** The origin of the API: the first of the trusted ones. */
  readonly origin: string
  /**
   * An access token from this deployment's token endpoint, or another one, with `token` and the common options applied.
   */
  oauth2(own: Omit<OAuth2Options, 'tokenEndpoint'> & { tokenEndpoint?: string }): CachedTokenSource
  /** A client certificate, with the option `ca` applied; `name` is the credential's. */
  clientCertificate(identity: TlsIdentityInput, name: string): Layer
}

/** Layers of an API, and those of its paths that are authenticated in another way. */
export interface RoutedLayers {
  readonly layers: Layer[]
  readonly routes: readonly Route[]
}

/** How a carrier's token endpoint differs from the RFC, as data. */
export type TokenProfile = Pick<
  OAuth2Options,
  'encoding' | 'response' | 'defaultLifetime' | 'rejected' | 'throttled' | 'lockout' | 'hint' | 'headers'
>

/** One carrier, as data: what its strategy is made of. Nothing else knows the carrier's name. */
export interface CarrierProfile<Credentials extends object, Options extends object> {
  readonly id: string
  /** The credentials and what each must hold. */
  readonly secrets: { readonly [K in keyof Required<Credentials>]: CredentialRule }
  /** The hosts of each environment; none that no document names. */
  readonly environments?: Readonly<Record<string, Deployment>>
  /** The option that selects an environment, where their hosts differ. Default `environment`. */
  readonly selectedBy?: string
  /** The environment that is meant where the option is left out. Default `production`. */
  readonly standard?: string
  /** The hosts, where the options say them in another way. */
  deployment?(options: Options & CarrierOptions): Deployment
  /** The carrier's own options and what each must hold; the one that selects the environment is known already. */
  readonly options?: Checks<Omit<Options, 'environment' | keyof CarrierOptions>>
  readonly token?: TokenProfile
  /** What the carrier's token endpoint bears, where that is documented. */
  readonly budget?: readonly RateLimit[]
  /** Which answers of the API a new credential may cure. Default: 401. */
  readonly recoverOn?: StrategyOptions['recoverOn']
  /** What a request carries; with `routes` where paths differ in that. */
  layers(credentials: Resolved<Credentials>, context: CarrierContext<Options>): Layer[] | RoutedLayers
  /** What to look at when the API refuses the credentials for good. */
  hint?(options: Options): string | undefined
}

/** A profile of any carrier, for tools that read it. */
export type AnyCarrierProfile = Omit<CarrierProfile<object, object>, 'secrets' | 'options'> & {
  readonly secrets: Readonly<Record<string, CredentialRule>>
  readonly options?: Readonly<Record<string, Check>>
}

/** Makes strategies for accounts at one carrier. Options may be left out where none is required. */
export interface CarrierFactory<Credentials extends object, Options extends object> {
  (
    ...args: object extends Options
      ? [credentials: Credentials, options?: Options & CarrierOptions]
      : [credentials: Credentials, options: Options & CarrierOptions]
  ): Strategy
  /** The data that it is made from. */
  readonly profile: CarrierProfile<Credentials, Options>
}
