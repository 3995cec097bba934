/** The environment variables by which a way out leads through a proxy. */
export interface ProxyEnvironment {
  readonly [name: string]: string | undefined
}

const NAMES = ['https_proxy', 'HTTPS_PROXY', 'no_proxy', 'NO_PROXY'] as const
// The releases whose agents take `proxyEnv`; in majors beyond they all do.
const FIRST: Readonly<Record<number, number>> = { 22: 21, 23: Number.POSITIVE_INFINITY, 24: 5 }

/**
 * The environment's proxy for https:, where the global fetch does not use it of itself; `undefined` elsewhere. axios
 * follows HTTPS_PROXY, so token requests have to take the same way out. Bun and Deno follow it with their own fetch, and
 * so does Node with NODE_USE_ENV_PROXY.
 */
export function proxyEnvironment(): ProxyEnvironment | undefined {
  const { process } = globalThis
  const env = process?.env
  if (env === undefined || isOtherRuntime() || !(env.https_proxy || env.HTTPS_PROXY)) return undefined
  return Object.fromEntries(NAMES.map((name) => [name, env[name]]).filter(([, value]) => value !== undefined))
}

/** Whether Node's agents know what to do with a proxy. */
export function agentsKnowProxies(): boolean {
  const [major = 0, minor = 0] = (globalThis.process?.versions?.node ?? '').split('.').map(Number)
  return major > 24 || minor >= (FIRST[major] ?? Number.POSITIVE_INFINITY)
}

/** Whether the global fetch has been told by somebody which way to go: NODE_USE_ENV_PROXY, or a dispatcher of undici. */
export function fetchHasItsOwnWay(): boolean {
  if (globalThis.process?.env?.NODE_USE_ENV_PROXY) return true
  if (globalThis.fetch !== AT_START) return true
  return DISPATCHERS.some((symbol) => {
    const dispatcher = Reflect.get(globalThis, symbol) as object | undefined
    return dispatcher !== undefined && !OF_NODE.includes(dispatcher.constructor?.name)
  })
}

// Node 26 keeps its own under the second, and a wrapper of it under the first.
const DISPATCHERS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]
const OF_NODE = ['Agent', 'Dispatcher1Wrapper']

const AT_START = globalThis.fetch

function isOtherRuntime(): boolean {
  const { versions } = globalThis.process ?? {}
  return versions?.node === undefined || 'bun' in versions || 'deno' in versions
}
