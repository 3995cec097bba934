import type { Strategy } from '@auth/core'
import { requireStrategy } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import type { AxiosAdapter, AxiosInstance, AxiosStatic } from 'axios'
import { joinChain } from './adapter-chain.ts'
import { authAdapter } from './auth-adapter.ts'
import { cleanLater } from './clean.ts'

/** What tells an instance: axios declares different types for `import` and for `require`. */
interface AxiosLike {
  readonly interceptors: { readonly request: object; readonly response: object }
  create(config?: object): object
  getUri(config?: object): string
}

// Far more than a team has accounts: a strategy is made for each request.
const MAX_STRATEGIES = 100
const installed = new WeakMap<object, Set<Strategy>>()

/**
 * Authenticates the requests of an axios instance to the strategy's origins, and sends a request that was refused once
 * more with fresh credentials. Installs interceptors on the given instance and returns it. A second call with the same
 * strategy changes nothing. With another strategy, each serves its own origins; where both serve one, the last wins.
 *
 * @throws ConfigurationError when `instance` is not an axios instance, or one before axios 1.6, when `strategy` is not a
 *   strategy, and for more than 100 strategies on one instance.
 */
export function withAuth<Instance extends AxiosLike>(instance: Instance, strategy: Strategy): Instance {
  install(instance as unknown as AxiosInstance, strategy)
  return instance
}

function install(instance: AxiosInstance, strategy: Strategy): void {
  requireAxios(instance)
  requireStrategy(strategy)
  const strategies = installed.get(instance) ?? new Set()
  if (strategies.has(strategy)) return
  if (strategies.size >= MAX_STRATEGIES) {
    throw new ConfigurationError(
      'strategy',
      `must be made once for each account: this instance has ${MAX_STRATEGIES}, and each adds interceptors for good`,
    )
  }
  installed.set(instance, strategies.add(strategy))

  const bare = bareInstance(instance)
  const join = joinChain(strategy, (inner) => authAdapter(strategy, bare, inner))
  // Credentials are attached behind every interceptor and transform of the user's, in the adapter: whatever they make
  // of the request is what is judged and sent again, and the configuration that they and errors see stays theirs.
  instance.interceptors.request.use(
    (config) => {
      config.adapter = join(config.adapter)
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

/** @throws ConfigurationError for what is not an axios instance, or one of axios 0. */
function requireAxios(instance: AxiosInstance): void {
  if (typeof instance?.interceptors?.request?.use !== 'function' || typeof instance.request !== 'function') {
    throw new ConfigurationError('instance', 'must be axios or an instance from axios.create()')
  }
  if (checked.has(instance)) return
  if (!hasHeadersObject(instance)) {
    const { VERSION } = instance as Partial<AxiosStatic>
    throw new ConfigurationError('instance', `must be of axios 1.6 or later, not of axios ${VERSION ?? '0'}`)
  }
  checked.add(instance)
}

const checked = new WeakSet<object>()

/** Whether interceptors are given headers as axios 1 has them. Nothing is sent, and no interceptor of the user's runs. */
function hasHeadersObject(instance: AxiosInstance): boolean {
  if (typeof instance.create !== 'function') return false
  let found = false
  const adapter: AxiosAdapter = async (config) => {
    return { data: '', status: 200, statusText: '', headers: {}, config }
  }
  const sample = instance.create()
  sample.interceptors.request.use(
    (config) => {
      found = typeof config.headers?.has === 'function'
      return config
    },
    undefined,
    { synchronous: true },
  )
  sample.request({ url: '/', adapter, transformRequest: [], transformResponse: [] }).catch(() => {})
  return found
}

/** The same copy of axios without interceptors and without defaults: it sends a finished configuration as it is. */
function bareInstance(instance: AxiosInstance): AxiosInstance {
  const bare = instance.create()
  for (const option of Object.keys(bare.defaults)) Reflect.deleteProperty(bare.defaults, option)
  return bare
}
