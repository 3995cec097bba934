import type { AuthRequest, Credentials, Strategy } from '@auth/core'
import { addQuery, isThenable, removeQuery } from '@auth/core/adapter'
import type { RequestFunction } from 'got'
import { type Call, originOf, type RequestOptions } from './call.ts'
import { callersHeaders, type NativeHeaders } from './callers-headers.ts'
import { describeForm, fixForm } from './form-body.ts'
import { hideSent } from './hide-sent.ts'
import { presentIdentity } from './present-identity.ts'

type Native = Parameters<RequestFunction>[1]

/** A request function that attaches the credentials to got's options for Node, then lets got send them. */
export function authRequest(strategy: Strategy, call: Call, options: RequestOptions): RequestFunction {
  const own = options.request
  return (url, native, callback) => {
    options.request = own
    const send = options.getRequestFunction() as RequestFunction
    // With a `cache`, got calls `request(options, callback)`.
    const cached = typeof native === 'function'
    // got keeps its own, and shows them with the request that errors and responses lead to.
    const target = (cached ? url : options.http2 ? forHttp2(options, native) : { ...native }) as Native
    const go = (): ReturnType<RequestFunction> => (cached ? send(url, native, undefined) : send(url, target, callback))

    // The oldest got does not know forms that come from a hook.
    fixForm(options)
    describeForm(target, options)
    call.left ||= originOf(options) !== call.origin
    if (call.left) {
      for (const { query } of call.attached) setUrl(target, options, (href) => removeQuery(href, query))
      return go()
    }
    const request = reduce(options, target)
    const credentials = call.fresh ?? authorize(strategy, request, options)
    call.fresh = undefined
    const attachAndGo = (authorized: Credentials): ReturnType<RequestFunction> => {
      attach(authorized, target, options)
      if ((authorized.headers ?? authorized.query ?? authorized.tls) === undefined) return go()
      call.attached.push(authorized)
      call.sent = { request, credentials: authorized }
      return hideSent(go(), options, target)
    }
    return isThenable(credentials) ? credentials.then(attachAndGo) : attachAndGo(credentials)
  }
}

/** Reduces a request to what the strategy judges. */
function reduce(options: RequestOptions, native: Native): AuthRequest {
  return {
    url: String(options.url),
    method: options.method,
    headers: callersHeaders(native.headers as NativeHeaders, options),
    signal: options.signal,
  }
}

function attach({ headers, query, tls }: Credentials, native: Native, options: RequestOptions): void {
  native.headers = { ...(native.headers as Record<string, string>), ...headers }
  if (query !== undefined) setUrl(native, options, (href) => addQuery(href, query))
  if (tls !== undefined) presentIdentity(native, tls, options)
}

function setUrl(native: Native, options: RequestOptions, change: (href: string) => string): void {
  const href = String(options.url)
  const changed = change(href)
  if (changed === href) return
  const { pathname, search } = new URL(changed)
  native.path = pathname + search
}

/** got hands a custom request function a copy made for HTTP/1; this is what it would send by HTTP/2. */
function forHttp2(options: RequestOptions, native: Native): Native {
  return { ...(options.createNativeRequestOptions() as Native), headers: native.headers }
}

/**
 * A failure to get credentials that looks like one of the connection would be retried by got, and each retry would ask
 * for a token again.
 */
function authorize(
  strategy: Strategy,
  request: AuthRequest,
  options: RequestOptions,
): Credentials | Promise<Credentials> {
  const fail = (error: unknown): never => {
    const { code, message } = error as Partial<NodeJS.ErrnoException>
    if (code === undefined || !options.retry.errorCodes?.includes(code)) throw error
    throw new Error(message, { cause: error })
  }
  try {
    const credentials = strategy.authorize(request)
    return isThenable(credentials) ? inTime(credentials, options.timeout.request).catch(fail) : credentials
  } catch (error) {
    return fail(error)
  }
}

/** got 15 does not count the wait for a request function; the timer of later releases is earlier than this one. */
async function inTime<T>(value: Promise<T>, ms: number | undefined): Promise<T> {
  if (ms === undefined) return value
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`Timeout awaiting 'request' for ${ms}ms`), { code: 'ETIMEDOUT' })
    timer = setTimeout(() => reject(error), ms)
  })
  return Promise.race([value, late]).finally(() => clearTimeout(timer))
}
