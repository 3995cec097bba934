import type { AxiosInstance, AxiosRequestConfig } from 'axios'

/** A caller's patience: his signal, cancel token and timeout cover the wait for credentials, too. */
export interface Wait {
  /** Yields what is waited for; rejects as soon as the caller gives up. */
  for<T>(value: T | Promise<T>): T | Promise<T>
  /** What the waiting has left of the timeout. */
  remaining(): Pick<AxiosRequestConfig, 'timeout' | 'timeoutErrorMessage'> | undefined
}

export function waiting(config: AxiosRequestConfig, bare: AxiosInstance): Wait {
  const timeout = Number(config.timeout) || 0
  const message = config.timeoutErrorMessage || `timeout of ${timeout}ms exceeded`
  const start = performance.now()
  const left = (): number => Math.max(1, Math.ceil(timeout - (performance.now() - start)))
  let waited = false
  return {
    for(value) {
      if (!(value instanceof Promise)) return value
      waited = true
      return new Promise((resolve, reject) => {
        const expire = (): void => {
          timeoutError(config, message, bare).then(reject, reject)
        }
        // Any reason will do: axios rejects with its own CanceledError when signal or token say so.
        const cancel = (): void => reject(new Error('canceled'))
        const timer = timeout > 0 ? setTimeout(expire, left()) : undefined
        config.signal?.addEventListener?.('abort', cancel)
        config.cancelToken?.subscribe(cancel)
        if (config.signal?.aborted) cancel()
        value.then(resolve, reject).finally(() => {
          clearTimeout(timer)
          config.signal?.removeEventListener?.('abort', cancel)
          config.cancelToken?.unsubscribe(cancel)
        })
      })
    },
    remaining: () => (waited && timeout > 0 ? { timeout: left(), timeoutErrorMessage: message } : undefined),
  }
}

/** The error that axios throws for a timeout, of the error class of this very copy of axios. */
async function timeoutError(config: AxiosRequestConfig, message: string, bare: AxiosInstance): Promise<Error> {
  const code = config.transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED'
  // A request that no adapter can send fails at once.
  const sample = await bare.request({ adapter: [] }).catch((error: Error) => error)
  const AxiosError = sample.constructor as new (message: string, code: string, config: AxiosRequestConfig) => Error
  return new AxiosError(message, code, config)
}
