import http from 'node:http'
import https, { type RequestOptions as NativeOptions } from 'node:https'
import type { AuthRequest, Credentials, Strategy } from '@auth/core'
import { addQuery, isThenable, removeQuery } from '@auth/core/adapter'
import { sendingAgent } from '@auth/core/node'
import type { RequestFunction } from 'got'
import { ATTACHED, Attached, type WithAttached } from './attached-options.ts'
import type { Call, RequestOptions } from './call.ts'
import { callersHeaders, type NativeHeaders } from './callers-headers.ts'
import { describeForm, fixForm } from './form-body.ts'
import { hideSent } from './hide-sent.ts'
import { presentIdentity } from './present-identity.ts'
import { sendByHttp2 } from './send-by-http2.ts'

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
    const from = (cached ? given : native) as Native & WithAttached
    const earlier = from[ATTACHED]
    // A copy: got shows its own with the request that errors and responses lead to, and stores it with a cached answer.
    const byHttp2 = options.http2 && !cached
    const target = { ...(byHttp2 ? forHttp2(options, from) : from), ...earlier?.options } as Native & WithAttached
    if (earlier !== undefined) target[ATTACHED] = earlier
    const go = (): ReturnType<RequestFunction> => {
      if (cached) return send(target as never, native, undefined)
      if (!byHttp2 || own !== undefined) return send(url, target, callback)
      return sendByHttp2((plain) => send(url, plain, callback), target)
    }

    // The oldest got does not know forms that come from a hook.
    fixForm(options)
    describeForm(target, options)
    call.left ||= url.origin !== call.origin
    if (call.left) {
      for (const { query } of call.attached)
        Object.assign(
          target,
          withUrl(target, url, (href) => removeQuery(href, query)),
        )
      return go()
    }
    const request = reduce(url, options, target)
    const credentials = call.fresh ?? authorize(strategy, request, options)
    call.fresh = undefined
    const attachAndGo = (authorized: Credentials): ReturnType<RequestFunction> => {
      const { headers, query, tls } = authorized
      if ((headers ?? query ?? tls) === undefined) return go()
      attach(authorized, target, url, options, earlier)
      // The cache goes by this whether an answer may be kept (RFC 9111 section 3.5), and keeps it with the answer.
      if (cached && headers?.authorization !== undefined) markAuthorized(given as unknown as Native)
      call.attached.push(authorized)
      call.sent = { request, credentials: authorized }
      return hideSent(go())
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

function attach(
  { headers, query, tls }: Credentials,
  target: Native & WithAttached,
  url: URL,
  options: RequestOptions,
  earlier: Attached | undefined,
): void {
  target.headers = { ...(target.headers as Record<string, string>), ...headers }
  const added: NativeOptions = {
    ...earlier?.options,
    ...(query !== undefined && withUrl(target, url, (href) => addQuery(href, query))),
    // The connection has one identity: that of the strategy that was added last, which is asked first.
    ...(tls !== undefined && !earlier?.hasIdentity && presentIdentity(target, tls, url.origin, options)),
  }
  Object.assign(target, added)
  Object.assign(target, sendingAgents(target, url))
  target[ATTACHED] = new Attached(
    added,
    [...(earlier?.headers ?? []), ...Object.keys(headers ?? {}).map((name) => name.toLowerCase())],
    tls !== undefined || earlier?.hasIdentity === true,
  )
}

/** The path of the request with a change to its query; what an earlier strategy added is there already. */
function withUrl(native: NativeOptions, url: URL, change: (href: string) => string): Pick<NativeOptions, 'path'> {
  const href = native.path?.startsWith('/') ? url.origin + native.path : url.href
  const changed = change(href)
  if (changed === href) return {}
  const { pathname, search } = new URL(changed)
  return { path: pathname + search }
}

/** The agents that a request is sent by, so that they list it without showing it. None of them is changed. */
function sendingAgents({ agent, createConnection }: NativeOptions, url: URL): { agent?: NativeOptions['agent'] } {
  // got wants to see whether the user has an agent before it decides for HTTP/2.
  if (isAgents(agent)) {
    const { http, https } = agent
    return {
      agent: {
        ...agent,
        ...(http && { http: sendingAgent(http) }),
        ...(https && { https: sendingAgent(https) }),
      } as never,
    }
  }
  if (typeof agent === 'object' && agent !== null) return { agent: sendingAgent(agent) }
  if (agent === false || createConnection !== undefined) return {}
  return { agent: sendingAgent(url.protocol === 'https:' ? https.globalAgent : http.globalAgent) }
}

function isAgents(agent: unknown): agent is object & { http?: http.Agent | false; https?: https.Agent | false } {
  return typeof agent === 'object' && agent !== null && !('addRequest' in agent)
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
