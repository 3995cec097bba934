import type { Credentials } from '@auth/core'
import { scrub } from '@auth/core/adapter'
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios'

interface Failure {
  config?: InternalAxiosRequestConfig
  response?: AxiosResponse
}

const NOTHING: readonly Credentials[] = []
const attachedTo = new WeakMap<object, readonly Credentials[]>()

/** Gives a response the user's own configuration, which never had the credentials on it. */
export function clean(response: AxiosResponse, config: InternalAxiosRequestConfig, credentials: Credentials): void {
  note(config, credentials, response.config)
  response.config = config
}

/** Does the same for an error, and removes the credentials from everything else that it shows. */
export function cleanError(error: unknown, config: InternalAxiosRequestConfig, credentials: Credentials): void {
  if (typeof error !== 'object' || error === null) return
  const failure: Failure = error
  note(config, credentials, failure.config)
  note(config, { headers: asSent(failure.config, credentials) }, undefined)
  if (failure.config !== undefined) failure.config = config
  if (failure.response !== undefined) failure.response.config = config
  cleanLater(error)
}

/** Cleans an error that was thrown after the adapter, be it for a response that could not be parsed. */
export function cleanLater(error: unknown): void {
  if (typeof error !== 'object' || error === null) return
  const { config, response }: Failure = error
  const credentials = attachedTo.get(config ?? response?.config ?? error)
  if (credentials !== undefined) scrub(error, credentials)
}

/** Remembers what was attached to a request, by this strategy and by those nearer to the wire. */
function note(config: object, credentials: Credentials, sent: object | undefined): void {
  const before = attachedTo.get(config) ?? NOTHING
  const inner = (sent && attachedTo.get(sent)) ?? NOTHING
  attachedTo.set(config, before === inner ? [credentials] : [...before, ...inner, credentials])
}

/** The attached headers as axios made them out: it strips what no header can carry. */
function asSent(sent: InternalAxiosRequestConfig | undefined, { headers = {} }: Credentials): Record<string, string> {
  const names = Object.keys(headers).filter((name) => sent?.headers?.has(name))
  return Object.fromEntries(names.map((name) => [name, String(sent?.headers.get(name))]))
}
