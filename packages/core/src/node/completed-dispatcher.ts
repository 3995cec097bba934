import { ConfigurationError } from '../errors.ts'

/** The settings of an undici agent that are kept when an identity is added. */
export interface AgentSettings {
  readonly connect?: Readonly<Record<string, unknown>> | undefined
  readonly [option: string]: unknown
}

/**
 * The settings of a dispatcher that an identity is added to; `undefined` for one that stays as it is: it presents a
 * certificate of its own, or answers in a test.
 *
 * @throws ConfigurationError for one whose settings cannot be kept: a proxy, interceptors, a pool, a class of one's own.
 */
export function settingsOf(dispatcher: object | undefined, origin: string): AgentSettings | undefined {
  if (dispatcher === undefined) return {}
  if ('isMockActive' in dispatcher || hasCertificate(dispatcher)) return undefined
  if (nameOf(dispatcher) === 'EnvHttpProxyAgent') {
    const direct = hidden(dispatcher, 'no proxy agent') as object | undefined
    const goesDirectly = hidden(dispatcher, 'https proxy agent') === direct || isExempt(new URL(origin))
    if (direct !== undefined && goesDirectly) return settingsOf(direct, origin)
    throw refused(`is the proxy of the environment, which ${origin} is sent through; name the host in NO_PROXY`)
  }
  const settings = hidden(dispatcher, 'options') as AgentSettings | undefined
  const isPlain = nameOf(dispatcher) === 'Agent' && isUnchanged(dispatcher) && typeof settings === 'object'
  if (!isPlain) throw refused('is not a plain Agent of undici')
  if (typeof settings.connect === 'function') throw refused('has a `connect` function')
  if (settings.connect?.secureContext !== undefined) throw refused('has a secureContext')
  return settings
}

/** Not a dispatcher that interceptors were added to by `compose`, nor one with a factory of the application's. */
function isUnchanged(dispatcher: object): boolean {
  const factory = hidden(dispatcher, 'factory') as { name?: string } | undefined
  return (
    Reflect.get(dispatcher, 'dispatch') === Reflect.get(Object.getPrototypeOf(dispatcher), 'dispatch') &&
    (factory === undefined || factory.name === 'defaultFactory')
  )
}

function hasCertificate(dispatcher: object): boolean {
  const options = hidden(dispatcher, 'options') as { connect?: unknown } | undefined
  return [options?.connect, hidden(dispatcher, 'request tls settings')].some(
    (tls) => typeof tls === 'object' && tls !== null && ('cert' in tls || 'pfx' in tls),
  )
}

/** undici keeps what it was given under symbols, the same in releases 6 to 8. */
function hidden(owner: object, description: string): unknown {
  const key = Object.getOwnPropertySymbols(owner).find((symbol) => symbol.description === description)
  return key && Reflect.get(owner, key)
}

const nameOf = (value: unknown): string | undefined => (value as object | undefined)?.constructor?.name

/** By NO_PROXY, as undici reads it: hosts, with a dot or an asterisk before a domain, each with or without a port. */
function isExempt({ hostname, port }: URL): boolean {
  const { env = {} } = globalThis.process ?? {}
  const entries = (env.no_proxy ?? env.NO_PROXY ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
  return entries.some((entry) => {
    const [, host = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? []
    if (only !== undefined && only !== (port || '443')) return false
    if (entry === '*') return true
    return /^\*?\./.test(host) ? hostname.endsWith(host.replace(/^\*/, '')) : hostname === host
  })
}

function refused(why: string): ConfigurationError {
  return new ConfigurationError(
    'dispatcher',
    `${why}: a client certificate, or \`ca\`, cannot be added to it. Give it the certificate itself (\`connect\`, or \`requestTls\` of a ` +
      'ProxyAgent), or pass `dispatcher: new Agent({ … })` of undici with the call',
  )
}
