import type { Credentials, Strategy } from '@auth/core'
import { isOneShot, reauthorize, reportRefusal } from '@auth/core/adapter'
import type {
  AxiosAdapter,
  AxiosError,
  AxiosInstance,
  AxiosRequestConfig,
  AxiosResponse,
  InternalAxiosRequestConfig,
} from 'axios'
import { prepare } from './attempt.ts'
import { clean, cleanError } from './clean.ts'
import { direct } from './direct.ts'
import { reduce } from './reduce.ts'
import { type Call, patiently, remaining } from './wait.ts'

type Adapter = AxiosRequestConfig['adapter']

const inners = new WeakMap<AxiosAdapter, { readonly adapter: Adapter }>()

/** An adapter that authenticates what it is given, hands it to `inner`, and once more when that was refused. */
export function authAdapter(strategy: Strategy, bare: AxiosInstance, inner: Adapter): AxiosAdapter {
  const transmit = direct(bare)

  // No async function: nearly every answer is handed over as it comes, and each step on its way is paid by every request.
  const send = (call: Call, credentials: Credentials, mayReplay: boolean): Promise<AxiosResponse> => {
    const { config } = call
    const attempt = prepare(config, inner, call.request, credentials)
    Object.assign(attempt.config, remaining(call))
    const isRefusal = (response: AxiosResponse | undefined): response is AxiosResponse =>
      mayReplay && response !== undefined && response.status >= 400 && attempt.authenticated && !attempt.left()
    return transmit(attempt.config).then(
      (response) => {
        clean(response, config, attempt)
        return isRefusal(response) ? replay(call, credentials, response).then((other) => other ?? response) : response
      },
      async (error: Partial<AxiosError>) => {
        cleanError(error, config, credentials)
        const other = isRefusal(error.response) ? await replay(call, credentials, error.response) : undefined
        if (other === undefined) throw error
        return other
      },
    )
  }

  /** What a refused request is answered with when it is sent once more; `undefined` when that is of no use. */
  const replay = async (
    call: Call,
    credentials: Credentials,
    refusal: AxiosResponse,
  ): Promise<AxiosResponse | undefined> => {
    if (isOneShot(call.config.data)) {
      reportRefusal(strategy, call.request, credentials, refusal)
      return undefined
    }
    try {
      const fresh = await patiently(reauthorize(strategy, call.request, credentials, refusal), call, bare)
      if (fresh === undefined) return undefined
      discard(refusal)
      return await send(call, fresh, false)
    } catch (error) {
      discard(refusal)
      throw error
    }
  }

  const adapter: AxiosAdapter = (config) => {
    try {
      restoreAdapter(config)
      const call = { config, request: reduce(config, bare), start: performance.now(), waited: false }
      const authorized = strategy.authorize(call.request)
      if (!(authorized instanceof Promise)) return send(call, authorized, true)
      return patiently(authorized, call, bare).then((credentials) => send(call, credentials, true))
    } catch (error) {
      return Promise.reject(error)
    }
  }
  inners.set(adapter, { adapter: inner })
  return adapter
}

/** A download stream that nobody is going to read would hold its connection. */
function discard(response: AxiosResponse): void {
  const data: unknown = response.data
  if (typeof data === 'object' && data !== null && 'destroy' in data && typeof data.destroy === 'function') {
    data.destroy()
  }
}

/** Puts back the user's own adapter, so that whoever sends this configuration again starts from the same point. */
function restoreAdapter(config: InternalAxiosRequestConfig): void {
  let adapter: Adapter = config.adapter
  for (;;) {
    const inner = typeof adapter === 'function' ? inners.get(adapter) : undefined
    if (inner === undefined) break
    adapter = inner.adapter
  }
  if (adapter === undefined) delete config.adapter
  else config.adapter = adapter
}
