import type { Credentials } from '@auth/core'
import { hideMembers, hideRequest, redactError, redacted, removeQuery, standIn, withoutPools } from '@auth/core/adapter'
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { nodeHttp } from '#node-http'
import type { Attempt } from './attempt.ts'

interface Failure {
  config?: InternalAxiosRequestConfig
  response?: AxiosResponse
}

const NOTHING: readonly Credentials[] = []
const attachedTo = new WeakMap<object, readonly Credentials[]>()

/**
 * Gives a response the user's own configuration, which never had the credentials on it, and keeps them out of what the
 * rest of the response shows to whoever prints it.
 */
export function clean(
  response: AxiosResponse,
  config: InternalAxiosRequestConfig,
  { credentials, authenticated }: Attempt,
): void {
  const { config: sent, request } = response
  note(config, credentials, sent)
  response.config = authenticated ? presented(config) : config
  cleanDownload(response, config, credentials)
  if (!authenticated || typeof request !== 'object' || request === null) return
  if (!nodeHttp.isRequest(request)) {
    // An adapter of the user's may keep it.
    response.request = redacted(request, credentials)
    return
  }
  hideRequest(request)
  if (credentials.query !== undefined) removeFrom(request.res, 'responseUrl', credentials.query)
  response.request = standIn(request)
}

/** The configuration as errors and responses lead to it: agents are not printed, for they lead to other requests. */
function presented(config: InternalAxiosRequestConfig): InternalAxiosRequestConfig {
  const shown = withoutPools(config, ['httpAgent', 'httpsAgent'])
  const credentials = attachedTo.get(config)
  if (shown !== config && credentials !== undefined) attachedTo.set(shown, credentials)
  return shown
}

/** Does the same for an error, and removes the credentials from everything else that it shows. */
export function cleanError(error: unknown, config: InternalAxiosRequestConfig, credentials: Credentials): void {
  if (typeof error !== 'object' || error === null) return
  const failure: Failure = error
  note(config, credentials, failure.config)
  note(config, { headers: asSent(failure.config, credentials) }, undefined)
  // An adapter of the user's may reject with what is frozen.
  if (failure.config) Reflect.set(failure, 'config', presented(config))
  if (failure.response) {
    Reflect.set(failure.response, 'config', presented(config))
    cleanDownload(failure.response, config, credentials)
  }
  cleanLater(error)
}

/** Cleans an error that was thrown after the adapter, be it for a response that could not be parsed. */
export function cleanLater(error: unknown): void {
  if (typeof error !== 'object' || error === null) return
  const { config, response }: Failure = error
  const own = config ?? response?.config
  const credentials = attachedTo.get(own ?? error)
  // The configuration leads to objects of the application's own, which may hold the very keys that were attached.
  if (credentials !== undefined) redactError(error, credentials, own && [own])
}

/** Remembers what was attached to a request, by this strategy and by those nearer to the wire. */
export function note(config: object, credentials: Credentials, sent: object | undefined): void {
  const before = attachedTo.get(config) ?? NOTHING
  const inner = (sent && attachedTo.get(sent)) ?? NOTHING
  // An adapter of the user's may answer with the same response again and again.
  attachedTo.set(config, before === inner ? [credentials] : [...new Set([...before, ...inner, credentials])])
}

/** A download that breaks off later fails with an error of its own, which shows what it was sent with. */
function cleanDownload({ data }: AxiosResponse, config: InternalAxiosRequestConfig, credentials: Credentials): void {
  if (typeof data !== 'object' || data === null) return
  if (nodeHttp.isRequest(data)) hideMembers(data, ['req', 'socket', 'client'])
  nodeHttp.whenBroken(data, (error) => cleanError(error, config, credentials))
}

function removeFrom(owner: Record<string, unknown> | undefined, name: string, query: Credentials['query']): void {
  const url = owner?.[name]
  if (owner !== undefined && typeof url === 'string') owner[name] = removeQuery(url, query)
}

/** The attached headers as axios made them out: it strips what no header can carry. */
function asSent(sent: InternalAxiosRequestConfig | undefined, { headers = {} }: Credentials): Record<string, string> {
  if (typeof sent?.headers?.has !== 'function') return {}
  const names = Object.keys(headers).filter((name) => sent.headers.has(name))
  return Object.fromEntries(names.map((name) => [name, String(sent.headers.get(name))]))
}
