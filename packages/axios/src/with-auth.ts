import { ConfigurationError, type Strategy } from '@auth/core'
import { requireStrategy } from '@auth/core/adapter'
import type { AxiosAdapter, AxiosInstance } from 'axios'
import { type Adapter, withoutAuth } from './adapter-chain.ts'
import { authAdapter } from './auth-adapter.ts'
import { cleanLater } from './clean.ts'

/** What tells an instance: axios declares different types for `import` and for `require`. */
interface AxiosLike {
  readonly interceptors: { readonly request: object; readonly response: object }
  create(config?: object): object
  getUri(config?: object): string
}

const installed = new WeakMap<object, Set<Strategy>>()

/**
 * Authenticates the requests of an axios instance to the strategy's origins, and sends a request that was refused once
 * more with fresh credentials. Installs interceptors on the given instance and returns it; a second call with the same
 * strategy changes nothing, and with another one each strategy serves its own origins.
 *
 * @throws ConfigurationError when `instance` is not an axios instance or `strategy` not a strategy.
 */
export function withAuth<Instance extends AxiosLike>(instance: Instance, strategy: Strategy): Instance {
  install(instance as unknown as AxiosInstance, strategy)
  return instance
}

function install(instance: AxiosInstance, strategy: Strategy): void {
  if (typeof instance?.interceptors?.request?.use !== 'function' || typeof instance.create !== 'function') {
    throw new ConfigurationError('instance', 'must be axios or an instance from axios.create()')
  }
  requireStrategy(strategy)
  const strategies = installed.get(instance) ?? new Set()
  if (strategies.has(strategy)) return
  installed.set(instance, strategies.add(strategy))

  const bare = bareInstance(instance)
  const adapterFor = latest((inner) => authAdapter(strategy, bare, inner))
  // Credentials are attached behind every interceptor and transform of the user's, in the adapter: whatever they make
  // of the request is what is judged and sent again, and the configuration that they and errors see stays theirs.
  instance.interceptors.request.use(
    (config) => {
      config.adapter = adapterFor(withoutAuth(config.adapter, strategy))
      return config
    },
    undefined,
    { synchronous: true },
  )
  // What fails after the adapter (parsing the response, an earlier interceptor) carries the request as well.
  instance.interceptors.response.use(undefined, (error: unknown) => {
    cleanLater(error)
    throw error
  })
}

/** The same copy of axios without interceptors and without defaults: it sends a finished configuration as it is. */
function bareInstance(instance: AxiosInstance): AxiosInstance {
  const bare = instance.create()
  for (const option of Object.keys(bare.defaults)) Reflect.deleteProperty(bare.defaults, option)
  return bare
}

/** Makes one adapter for requests that name the same: axios copies its list of them for each. */
function latest(make: (inner: Adapter) => AxiosAdapter): typeof make {
  let last: { readonly inner: Adapter; readonly made: AxiosAdapter } | undefined
  return (inner) => {
    if (last === undefined || !alike(inner, last.inner)) last = { inner, made: make(inner) }
    return last.made
  }
}

function alike(one: Adapter, other: Adapter): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((candidate, i) => candidate === other[i])
}
