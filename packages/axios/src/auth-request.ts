import type { AuthRequest } from '@auth/core'
import { lowerCaseHeaders } from '@auth/core/adapter'
import type { AxiosInstance, InternalAxiosRequestConfig } from 'axios'

/** Reduces a finished configuration to what the strategy judges. */
export function reduce(config: InternalAxiosRequestConfig, bare: AxiosInstance): AuthRequest {
  // A URL object comes back as it is.
  const url = plainUrl(config) ?? String(bare.getUri(config))
  // To axios `undefined` is no value; `false` and `null` are how a caller keeps a header off a request.
  const headers = lowerCaseHeaders(Object.entries(config.headers).filter(([, value]) => value !== undefined))
  return {
    url,
    method: (config.method ?? 'get').toUpperCase(),
    // axios drops the Authorization header in favour of these two.
    headers: config.auth || hasUserInformation(url) ? { ...headers, authorization: '' } : headers,
    signal: config.signal instanceof AbortSignal ? config.signal : undefined,
  }
}

/** The URL where putting it together takes no rule of axios' own: `getUri` merges all of the defaults to find it. */
function plainUrl({ url, baseURL, params, allowAbsoluteUrls }: InternalAxiosRequestConfig): string | undefined {
  if (typeof url !== 'string' || params !== undefined || allowAbsoluteUrls === false) return undefined
  if (/^https?:\/\//.test(url)) return url
  return baseURL !== undefined && /[^/]$/.test(baseURL) && /^\/[^/]/.test(url) ? baseURL + url : undefined
}

function hasUserInformation(url: string): boolean {
  if (!url.includes('@') || !URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}
