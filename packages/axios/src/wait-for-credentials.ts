import type { AxiosInstance, AxiosRequestConfig } from 'axios'
import type { Call } from './call.ts'

/** Yields what is waited for; rejects as soon as the caller gives up. */
export function patiently<T>(value: Promise<T>, call: Call, bare: AxiosInstance): Promise<T> {
  const { config } = call
  call.waited = true
  let end = (): void => {}
  const waiting = new Promise<T>((resolve, reject) => {
    const expire = (): void => {
      timeoutError(config, bare).then(reject, reject)
    }
    // Any reason will do: axios rejects with its own CanceledError when signal or token say so.
    const cancel = (): void => reject(new Error('canceled'))
    const timer = timeoutOf(config) > 0 ? setTimeout(expire, left(call)) : undefined
    end = () => {
      clearTimeout(timer)
      config.signal?.removeEventListener?.('abort', cancel)
      config.cancelToken?.unsubscribe(cancel)
    }
    config.signal?.addEventListener?.('abort', cancel)
    config.cancelToken?.subscribe(cancel)
    if (config.signal?.aborted) cancel()
    value.then(resolve, reject)
  })
  return waiting.finally(end)
}

/** What the waiting has left of the timeout. */
export function remaining(call: Call): Pick<AxiosRequestConfig, 'timeout' | 'timeoutErrorMessage'> | undefined {
  if (!call.waited || timeoutOf(call.config) === 0) return undefined
  return { timeout: left(call), timeoutErrorMessage: timeoutMessage(call.config) }
}

const timeoutOf = ({ timeout }: AxiosRequestConfig): number => Number(timeout) || 0

const left = ({ config, start }: Call): number =>
  Math.max(1, Math.ceil(timeoutOf(config) - (performance.now() - start)))

const timeoutMessage = (config: AxiosRequestConfig): string =>
  config.timeoutErrorMessage || `timeout of ${timeoutOf(config)}ms exceeded`

/** The error that axios throws for a timeout, of the error class of this very copy of axios. */
async function timeoutError(config: AxiosRequestConfig, bare: AxiosInstance): Promise<Error> {
  const code = config.transitional?.clarifyTimeoutError ? 'ETIMEDOUT' : 'ECONNABORTED'
  // A request that no adapter can send fails at once.
  const sample = await bare.request({ adapter: [] }).catch((error: Error) => error)
  const AxiosError = sample.constructor as new (message: string, code: string, config: AxiosRequestConfig) => Error
  return new AxiosError(timeoutMessage(config), code, config)
}
