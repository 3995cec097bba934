import { ConfigurationError } from './errors.ts'
import type { Layer } from './layer.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { anything, type Checks, checkOptions, unknownName } from './lib/options.ts'
import { secureOrigin, secureUrl } from './origin.ts'
import { trustAnchors } from './schemes/trust-anchors.ts'
import { type SecretCheck, type SecretInput, secret } from './secret.ts'
import { createStrategy, SHARED_STRATEGY_OPTIONS, type Strategy, type StrategyOptions } from './strategy.ts'
import { type OAuth2Options, oauth2 } from './token/oauth2.ts'
import type { CachedTokenSource } from './token/token-cache.ts'
import { SHARED_TOKEN_OPTIONS, type SharedTokenOptions, sharedTokenOptions } from './token/token-options.ts'
import type { RateLimit } from './token/token-store.ts'

/** What every carrier's factory takes beside the carrier's own options. */
export interface CarrierOptions extends SharedTokenOptions, Partial<Pick<StrategyOptions, 'recoverOn' | 'replay'>> {
  /** Origins that may see the credentials. Default: the carrier's documented ones. */
  origins?: readonly string[] | undefined
  /** Default: the carrier's documented one. */
  tokenEndpoint?: string | undefined
}

const COMMON: Checks<CarrierOptions> = {
  ...SHARED_TOKEN_OPTIONS,
  ...SHARED_STRATEGY_OPTIONS,
  origins: anything,
  tokenEndpoint: anything,
}

/** The hosts of one environment, as far as they are documented. */
export interface Deployment {
  readonly origins?: readonly string[]
  readonly tokenEndpoint?: string
  /** Origins of the carrier's other environments, API and token endpoint: never trusted here. */
  readonly foreign?: readonly string[]
}

/** What a carrier's `layers` may use. */
export interface CarrierContext<Options> {
  readonly options: Options & CarrierOptions
  /** An access token from this deployment's token endpoint, with the common options applied. */
  oauth2(options: Omit<OAuth2Options, 'tokenEndpoint'>): CachedTokenSource
}

/** Secrets as the layers get them: functions that yield the checked current value. */
type Resolved<Credentials> = {
  [K in keyof Credentials]: Credentials[K] extends SecretInput ? () => MaybePromise<string> : Credentials[K]
}

/** One carrier, as data: the only place that knows its name. */
export interface CarrierProfile<Credentials extends object, Options extends object> {
  readonly id: string
  /** The secret credentials and what each must hold. */
  readonly secrets: { readonly [K in keyof Credentials as Credentials[K] extends SecretInput ? K : never]: SecretCheck }
  /** Names of the credentials that are no such secret, such as a TLS identity. */
  readonly others?: readonly (keyof Credentials & string)[]
  /** What the carrier's token endpoint bears, where that is documented. */
  readonly budget?: readonly RateLimit[]
  /** The carrier's own options and what each must hold. */
  readonly options: Checks<Options>
  /** The hosts that these options select. */
  deployment(options: Options): Deployment
  layers(credentials: Resolved<Credentials>, context: CarrierContext<Options>): Layer[]
  /** What to look at when the API refuses the credentials for good. */
  hint?(options: Options): string | undefined
}

/**
 * Makes a carrier's factory from its profile.
 *
 * @throws ConfigurationError from the factory, at once, for a missing, unknown or wrong option, naming it.
 */
export function defineCarrier<Credentials extends object, Options extends object = object>(
  profile: CarrierProfile<Credentials, Options>,
): (credentials: Credentials, options?: Options & CarrierOptions) => Strategy {
  const { id } = profile
  const names = [...Object.keys(profile.secrets), ...(profile.others ?? [])]
  const checks = { ...COMMON, ...profile.options } as Checks<Options & CarrierOptions>
  return (credentials, options = {} as Options & CarrierOptions) => {
    if (typeof credentials !== 'object' || credentials === null) {
      throw new ConfigurationError('credentials', `must be an object with ${Object.keys(profile.secrets).join(', ')}`)
    }
    for (const name of Object.keys(credentials)) {
      if (!names.includes(name)) throw unknownName(name, name, names, id, 'a credential')
    }
    checkOptions(options, checks, id)
    for (const name of Object.keys(profile.options) as (keyof Options & string)[]) {
      // An environment variable that is not set must not select production.
      if (name in options && options[name] === undefined) {
        throw new ConfigurationError(name, 'is undefined; leave it out for the default')
      }
    }
    const resolved = Object.fromEntries(
      Object.entries(credentials).map(([name, value]) => {
        const check = (profile.secrets as Record<string, SecretCheck>)[name]
        return [name, check === undefined ? value : secret(value, name, check)]
      }),
    ) as Resolved<Credentials>
    for (const name of names) {
      if (!(name in credentials)) throw new ConfigurationError(name, 'is missing')
    }

    const { id: account = id, onEvent, allowInsecureLoopback, ca, replay, recoverOn, clock } = options
    const deployment = profile.deployment(options)
    const origins = options.origins ?? deployment.origins
    if (origins === undefined) {
      throw new ConfigurationError('origins', `is required: ${id} documents no API host for this environment`)
    }
    for (const origin of Array.isArray(origins) ? origins : []) {
      refuseForeign(secureOrigin(origin, 'origins', allowInsecureLoopback), deployment, 'origins')
    }
    if (options.tokenEndpoint !== undefined) {
      const { origin } = secureUrl(options.tokenEndpoint, 'tokenEndpoint', allowInsecureLoopback)
      refuseForeign(origin, deployment, 'tokenEndpoint')
    }

    const layers = profile.layers(resolved, {
      options,
      oauth2(own) {
        const tokenEndpoint = options.tokenEndpoint ?? deployment.tokenEndpoint
        if (tokenEndpoint === undefined)
          throw new ConfigurationError('tokenEndpoint', `is required: ${id} documents none`)
        const budget = options.budget ?? own.budget ?? profile.budget
        return oauth2({ ...own, ...sharedTokenOptions(options), id: account, tokenEndpoint, budget })
      },
    })
    if (ca !== undefined && !layers.some((layer) => layer.scheme === 'clientCertificate')) layers.push(trustAnchors(ca))
    return createStrategy({
      id: account,
      origins,
      layers,
      onEvent,
      allowInsecureLoopback,
      clock,
      hint: profile.hint?.(options),
      ...(replay !== undefined && { replay }),
      ...(recoverOn !== undefined && { recoverOn }),
    })
  }
}

/**
 * Selects the deployment by an option such as `environment`, and keeps the hosts of the others out.
 *
 * @throws ConfigurationError for a name that is not among them.
 */
export function oneOf<Name extends string>(
  option: string,
  deployments: Readonly<Record<Name, Deployment>>,
  chosen: unknown,
): Deployment {
  if (typeof chosen !== 'string' || !Object.hasOwn(deployments, chosen)) {
    throw new ConfigurationError(option, `must be one of ${Object.keys(deployments).join(', ')}`)
  }
  const own = deployments[chosen as Name]
  const mine = originsOf(own)
  const foreign = Object.values<Deployment>(deployments)
    .flatMap(originsOf)
    .filter((origin) => !mine.includes(origin))
  return { ...own, foreign }
}

function originsOf({ origins = [], tokenEndpoint }: Deployment): string[] {
  return [...origins, ...(tokenEndpoint === undefined ? [] : [new URL(tokenEndpoint).origin])]
}

function refuseForeign(origin: string, { foreign = [] }: Deployment, option: string): void {
  // By host: another port, or the root's dot, is the same machine.
  const host = (url: string): string => new URL(url).hostname.replace(/\.$/, '')
  if (foreign.some((other) => host(other) === host(origin)))
    throw new ConfigurationError(option, `${origin} belongs to another environment`)
}
