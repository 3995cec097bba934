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
import { type Attempt, prepare } from './attempt.ts'
import { clean, cleanError } from './clean-error.ts'
import { direct, type Send } from './direct.ts'
import { reduce } from './reduce.ts'
import { waiting } from './wait.ts'

type Adapter = AxiosRequestConfig['adapter']
type Outcome =
  | { readonly response: AxiosResponse }
  | { readonly error: unknown; readonly response: AxiosResponse | undefined }

const inners = new WeakMap<AxiosAdapter, { readonly adapter: Adapter }>()

/** An adapter that authenticates what it is given, hands it to `inner`, and once more when that was refused. */
export function authAdapter(strategy: Strategy, bare: AxiosInstance, inner: Adapter): AxiosAdapter {
  const transmit = direct(bare)
  const adapter: AxiosAdapter = async (config) => {
    restoreAdapter(config)
    const request = reduce(config, bare)
    const wait = waiting(config, bare)
    const attempt = (credentials: Credentials): Attempt => {
      const prepared = prepare(config, inner, request, credentials)
      Object.assign(prepared.config, wait.remaining())
      return prepared
    }

    const credentials = await wait.for(strategy.authorize(request))
    const first = attempt(credentials)
    let outcome = await send(first, config, transmit)
    const refusal = first.authenticated && !first.left() ? outcome.response : undefined
    if (isRefusal(refusal) && isOneShot(config.data)) {
      reportRefusal(strategy, request, credentials, refusal)
    } else if (isRefusal(refusal)) {
      const reauthorized = reauthorize(strategy, request, credentials, refusal)
      const fresh = await Promise.resolve(wait.for(reauthorized)).catch((error) => {
        discard(refusal)
        throw error
      })
      if (fresh !== undefined) {
        discard(refusal)
        outcome = await send(attempt(fresh), config, transmit)
      }
    }
    if ('error' in outcome) throw outcome.error
    return outcome.response
  }
  inners.set(adapter, { adapter: inner })
  return adapter
}

async function send(attempt: Attempt, config: InternalAxiosRequestConfig, transmit: Send): Promise<Outcome> {
  try {
    const response = await transmit(attempt.config)
    clean(response, config, attempt.credentials)
    return { response }
  } catch (error) {
    cleanError(error, config, attempt.credentials)
    return { error, response: (error as Partial<AxiosError>).response }
  }
}

function isRefusal(response: AxiosResponse | undefined): response is AxiosResponse {
  return response !== undefined && response.status >= 400
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
