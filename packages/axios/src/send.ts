import axios, {
  type AxiosInstance,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios'

/** Sends a finished configuration. */
export type Send = (config: AxiosRequestConfig) => Promise<AxiosResponse>

/**
 * Sends by the adapter that axios itself would choose, without axios' machinery around it: that has done its work by
 * the time a request gets here. An instance of another copy of axios, such as the one that `require` loads, keeps its
 * own adapters and error classes: it sends by `bare`.
 */
export function direct(bare: AxiosInstance): Send {
  if (bare.interceptors.request.constructor !== axios.interceptors.request.constructor) {
    return (config) => bare.request(config)
  }
  return (config) => {
    const choose = axios.getAdapter as (adapter: AxiosRequestConfig['adapter'], config: AxiosRequestConfig) => Adapter
    try {
      return Promise.resolve(
        choose(config.adapter ?? axios.defaults.adapter, config)(config as InternalAxiosRequestConfig),
      )
    } catch (error) {
      // An adapter of the user's that is no async function.
      return Promise.reject(error)
    }
  }
}

type Adapter = (config: InternalAxiosRequestConfig) => Promise<AxiosResponse>
