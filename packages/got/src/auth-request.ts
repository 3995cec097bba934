import type { AuthRequest, Credentials, Strategy } from '@auth/core'
import { addQuery, isThenable, removeQuery } from '@auth/core/adapter'
import type { RequestFunction } from 'got'
import type { Call, RequestOptions } from './call.ts'
import { callersHeaders, type NativeHeaders } from './callers-headers.ts'
import { describeForm, fixForm } from './form-body.ts'
import { hideSent } from './hide-sent.ts'
import { presentIdentity } from './present-identity.ts'

type Native = Parameters<RequestFunction>[1]

/** A request function that attaches the credentials to got's options for Node, then lets got send them. */
export function authRequest(strategy: Strategy, call: Call, options: RequestOptions): RequestFunction {
  const own = options.request
  return (given, native, callback) => {
    options.request = own
    const send = options.getRequestFunction() as RequestFunction
    // With a `cache`, got calls `request(options, callback)`.
    const cached = typeof native === 'function'
    // What is judged is what is sent: a hook may change the URL of got's options while a token is waited for.
    const url = new URL(cached ? (given as unknown as { href: string }).href : given)
    // A copy: got shows its own with the request that errors and responses lead to, and stores it with a cached answer.
    const target = (cached ? { ...given } : options.http2 ? forHttp2(options, native) : { ...native }) as Native
    const go = (): ReturnType<RequestFunction> =>
      cached ? send(target as never, native, undefined) : send(url, target, callback)

    // The oldest got does not know forms that come from a hook.
    fixForm(options)
    describeForm(target, options)
    call.left ||= url.origin !== call.origin
    if (call.left) {
      for (const { query } of call.attached) setUrl(target, url, (href) => removeQuery(href, query))
      return go()
    }
    const request = reduce(url, options, target)
    const credentials = call.fresh ?? authorize(strategy, request, options)
    call.fresh = undefined
    const attachAndGo = (authorized: Credentials): ReturnType<RequestFunction> => {
      attach(authorized, target, url, options)
      if ((authorized.headers ?? authorized.query ?? authorized.tls) === undefined) return go()
      // The cache goes by this whether an answer may be kept (RFC 9111 section 3.5), and keeps it with the answer.
      if (cached && authorized.headers?.authorization !== undefined) markAuthorized(given as unknown as Native)
      call.attached.push(authorized)
      call.sent = { request, credentials: authorized }
      return hideSent(go(), options, target)
    }
    return isThenable(credentials) ? credentials.then(attachAndGo) : attachAndGo(credentials)
  }
}

function markAuthorized(stored: Native): void {
  stored.headers = { ...(stored.headers as Record<string, string>), authorization: 'attached' }
}

/** Reduces a request to what the strategy judges. */
function reduce(url: URL, options: RequestOptions, native: Native): AuthRequest {
  return {
    url: url.href,
    method: options.method,
    headers: callersHeaders(native.headers as NativeHeaders, options),
    signal: options.signal,
  }
}

function attach({ headers, query, tls }: Credentials, native: Native, url: URL, options: RequestOptions): void {
  native.headers = { ...(native.headers as Record<string, string>), ...headers }
  if (query !== undefined) setUrl(native, url, (href) => addQuery(href, query))
  if (tls !== undefined) presentIdentity(native, tls, url.origin, options)
}

function setUrl(native: Native, { href }: URL, change: (href: string) => string): void {
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
