import type {
  CarrierFactory,
  CarrierOptions,
  CarrierProfile,
  CredentialRule,
  Deployment,
  Resolved,
} from './carrier-profile.ts'
import { ConfigurationError } from './errors.ts'
import type { Layer } from './layer.ts'
import { anything, type Check, type Checks, checkOptions, kindOf, unknownName } from './lib/options.ts'
import { secureOrigin, secureUrl } from './origin.ts'
import { trustAnchors } from './schemes/trust-anchors.ts'
import { type SecretInput, secret } from './secret.ts'
import { createStrategy, SHARED_STRATEGY_OPTIONS, type Strategy } from './strategy.ts'
import { clientCertificate, withAnchors, withCertificate } from './tls/identity.ts'
import { oauth2 } from './token/oauth2.ts'
import { SHARED_TOKEN_OPTIONS, sharedTokenOptions } from './token/token-options.ts'

const COMMON: Checks<CarrierOptions> = {
  ...SHARED_TOKEN_OPTIONS,
  ...SHARED_STRATEGY_OPTIONS,
  origins: anything,
  tokenEndpoint: anything,
}

/**
 * Makes a carrier's factory from its profile.
 *
 * @throws ConfigurationError from the factory, at once, for a missing, unknown or wrong option, naming it.
 *
 * @example
 * export const examplePost = defineCarrier<Secrets<'apiKey'>>({
 *   id: 'example-post',
 *   environments: { production: { origins: ['https://api.examplepost.com'] } },
 *   secrets: { apiKey: headerValue },
 *   layers: ({ apiKey: key }) => [apiKey('x-api-key', key)],
 * })
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineCarrier<Credentials extends object, Options extends object = object>(
  profile: CarrierProfile<Credentials, Options>,
): CarrierFactory<Credentials, Options> {
  const { id } = profile
  const selector = selectorOf(profile)
  const own: Record<string, Check> = { ...profile.options, ...(selector !== undefined && { [selector]: anything }) }
  const checks = { ...COMMON, ...own } as Checks<Options & CarrierOptions>

  const create = (credentials: Credentials, options = {} as Options & CarrierOptions): Strategy => {
    const resolved = resolve(credentials, profile.secrets, id)
    checkOptions(options, checks, id)
    for (const name of Object.keys(own)) {
      // A variable that is not set must not select production.
      if (name in options && options[name as keyof Options] === undefined) throw unset(name)
    }
    const {
      id: account = id,
      onEvent,
      allowInsecureLoopback,
      ca,
      replay,
      recoverOn = profile.recoverOn,
      strict,
      clock,
    } = options
    const hosts = deploymentOf(profile, options, selector)
    const origins = options.origins ?? hosts.origins
    if (origins === undefined) {
      throw new ConfigurationError('origins', `is required: ${id} documents no API host for this environment`)
    }
    for (const origin of Array.isArray(origins) ? origins : []) {
      refuseForeign(secureOrigin(origin, 'origins', allowInsecureLoopback), hosts.foreign, 'origins')
    }
    if (options.tokenEndpoint !== undefined) {
      const { origin } = secureUrl(options.tokenEndpoint, 'tokenEndpoint', allowInsecureLoopback)
      refuseForeign(origin, hosts.foreign, 'tokenEndpoint')
    }

    const made = profile.layers(resolved, {
      options,
      origin: origins[0] ?? '',
      oauth2(request) {
        const tokenEndpoint = request.tokenEndpoint ?? options.tokenEndpoint ?? hosts.tokenEndpoint
        if (tokenEndpoint === undefined)
          throw new ConfigurationError('tokenEndpoint', `is required: ${id} documents none`)
        const budget = options.budget ?? request.budget ?? profile.budget
        return oauth2({
          ...profile.token,
          ...request,
          ...sharedTokenOptions(options),
          // A `fetch` of the user's own brings its own trust; `ca` is then for the API alone.
          ca: options.fetch === undefined ? ca : undefined,
          id: account,
          tokenEndpoint,
          budget,
        })
      },
      clientCertificate(identity, name) {
        const certificate = withCertificate(identity, name)
        return clientCertificate(ca === undefined ? certificate : withAnchors(certificate, ca))
      },
    })
    const { layers, routes = [] } = Array.isArray(made) ? { layers: made } : made
    const anchors = ca === undefined ? undefined : trustAnchors(ca)
    const anchored = (own: readonly Layer[]): readonly Layer[] =>
      anchors === undefined || own.some(({ scheme }) => scheme === 'clientCertificate') ? own : [...own, anchors]
    return createStrategy({
      id: account,
      origins,
      layers: anchored(layers),
      routes: routes.map((route) => ({ paths: route.paths, layers: anchored(route.layers) })),
      onEvent,
      allowInsecureLoopback,
      strict,
      clock,
      hint: profile.hint?.(options),
      ...(replay !== undefined && { replay }),
      ...(recoverOn !== undefined && { recoverOn }),
    })
  }
  return Object.assign(create, { profile }) as CarrierFactory<Credentials, Options>
}

/** Checks the credentials against the profile's rules and turns secrets into functions. */
function resolve<Credentials extends object>(
  credentials: Credentials,
  rules: Readonly<Record<string, CredentialRule>>,
  id: string,
): Resolved<Credentials> {
  const names = Object.keys(rules)
  if (typeof credentials !== 'object' || credentials === null) {
    throw new ConfigurationError(
      'credentials',
      `must be an object with ${names.join(', ')}, not ${kindOf(credentials)}`,
    )
  }
  for (const name of Object.keys(credentials)) {
    if (!Object.hasOwn(rules, name)) throw unknownName(name, name, names, id, 'a credential')
  }
  const resolved: Record<string, unknown> = {}
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(credentials, name)
    const check = typeof rule === 'function' ? rule : 'optional' in rule ? rule.optional : undefined
    if (!(name in credentials)) {
      if (typeof rule === 'object' && 'optional' in rule) continue
      throw new ConfigurationError(name, 'is missing')
    }
    if (value === undefined) throw unset(name)
    resolved[name] = check === undefined ? value : secret(value as SecretInput, name, check)
  }
  return resolved as Resolved<Credentials>
}

function unset(name: string): ConfigurationError {
  return new ConfigurationError(name, 'is undefined: is the variable set? Leave the option out for the default')
}

/** The option that selects the environment; none where all have the same hosts. */
export function selectorOf({
  environments = {},
  selectedBy = 'environment',
}: Pick<CarrierProfile<object, object>, 'environments' | 'selectedBy'>): string | undefined {
  const hosts = Object.values(environments).map((deployment) => originsOf(deployment).join())
  return new Set(hosts).size > 1 ? selectedBy : undefined
}

type Hosts = Deployment & {
  /** Origins of the carrier's other environments, API and token endpoint: never trusted here. */
  readonly foreign: readonly string[]
}

function deploymentOf<Options extends object>(
  profile: Pick<CarrierProfile<object, Options>, 'environments' | 'standard' | 'deployment'>,
  options: Options & CarrierOptions,
  selector: string | undefined,
): Hosts {
  const { environments = {}, standard = 'production' } = profile
  if (profile.deployment !== undefined) return { ...profile.deployment(options), foreign: [] }
  const chosen = selector === undefined ? standard : (Reflect.get(options, selector) ?? standard)
  if (typeof chosen !== 'string' || !Object.hasOwn(environments, chosen)) {
    // Without documented hosts there is nothing to choose from, and `origins` is asked for.
    if (selector === undefined) return { foreign: [] }
    throw new ConfigurationError(selector, `must be one of ${Object.keys(environments).join(', ')}`)
  }
  const own = environments[chosen] ?? {}
  const mine = originsOf(own)
  const foreign = Object.values(environments)
    .flatMap(originsOf)
    .filter((origin) => !mine.includes(origin))
  return { ...own, foreign }
}

function originsOf({ origins = [], tokenEndpoint }: Deployment): string[] {
  return [...origins, ...(tokenEndpoint === undefined ? [] : [new URL(tokenEndpoint).origin])]
}

function refuseForeign(origin: string, foreign: readonly string[], option: string): void {
  // By host: another port, or the root's dot, is the same machine.
  const host = (url: string): string => new URL(url).hostname.replace(/\.$/, '')
  if (foreign.some((other) => host(other) === host(origin)))
    throw new ConfigurationError(option, `${origin} belongs to another environment`)
}
