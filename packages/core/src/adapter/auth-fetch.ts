import type { AuthRequest, Credentials, TlsIdentity } from '../layer.ts'
import { abortable } from '../lib/abortable.ts'
import { isThenable, type MaybePromise, when } from '../lib/maybe-promise.ts'
import type { Strategy } from '../strategy.ts'
import { type Fetch, type Message, messageOf } from './fetch-message.ts'
import { discard, presentable } from './fetch-response.ts'
import { NO_HEADERS } from './headers.ts'
import { peek } from './peek.ts'
import { addQuery, removeQuery } from './query.ts'
import { reauthorize, reportRefusal } from './reauthorize.ts'
import { redactError } from './redact/error.ts'
import { removeTraces } from './redact/traces.ts'
import { MAX_REDIRECTS, type Redirect, redirectOf } from './redirect.ts'

/**
 * Yields what a fetch call's second argument needs so that the identity is presented to that origin, and no other.
 * `dispatcher` is what the call would be sent by, where that is not the runtime's default.
 */
export type PresentIdentity = (identity: TlsIdentity, origin: string, dispatcher?: object) => Promise<object>

export interface AuthFetchOptions {
  readonly presentIdentity: PresentIdentity
  /** Whether the body of a `Request` may be kept in memory for a replay. Default `true`. */
  readonly mayKeepBody?: boolean
}

/**
 * A fetch that attaches the strategy's credentials, sends a rejected request once more, and follows redirects by the
 * Fetch standard's rules, authenticated on the same origin and bare on another.
 */
export function authFetch(
  fetch: Fetch,
  strategy: Strategy,
  { presentIdentity, mayKeepBody = true }: AuthFetchOptions,
): Fetch {
  const plain = wrapped.get(fetch) ?? fetch
  const presented = latest(presentIdentity)

  // No async function: each that waits for the answer would be one more thing to keep for as long.
  const send = (message: Message, hop: Hop, credentials: Credentials): Promise<Response> => {
    const { request, hasBody: withBody } = hop
    const { headers, query, tls } = credentials
    const to = (options?: object): Promise<Response> =>
      message.send({
        url: addQuery(request.url, query),
        method: request.method,
        headers: { ...withoutEmpty(request.headers), ...headers },
        withBody,
        redirect: message.redirect === 'follow' ? 'manual' : message.redirect,
        options,
      })
    const fail = (error: unknown): never => {
      // What the caller aborted with is the caller's.
      redactError(error, credentials, [request.signal?.reason])
      throw error
    }
    try {
      const options = tls && presented(tls, request.url, message.dispatcher)
      return Promise.resolve(when(options, to)).catch(fail)
    } catch (error) {
      return fail(error)
    }
  }

  /** Answers what is not simply a success: sends a refused request once more, and follows redirects. */
  const follow = async (
    message: Message,
    first: Hop,
    authorized: Credentials,
    answered: Response,
  ): Promise<Response> => {
    let hop = first
    let credentials = authorized
    let response = answered
    let replayed = false
    for (let redirects = 0; ; response = await send(message, hop, credentials)) {
      const { status, headers } = response
      const answer = { status, headers, body: () => peek(response), replayed }
      if (status >= 400 && (replayed || (hop.hasBody && !message.replayable))) {
        reportRefusal(strategy, hop.request, credentials, answer)
      } else if (status >= 400) {
        const fresh = await reauthorize(strategy, hop.request, credentials, answer)
        if (fresh !== undefined) {
          replayed = true
          credentials = fresh
          await discard(response)
          continue
        }
      }
      const redirect = message.redirect === 'follow' ? redirectIn(hop, credentials, response) : undefined
      if (redirect === undefined) return presentable(response, credentials.query, redirects > 0)
      await discard(response)
      if (++redirects > MAX_REDIRECTS) throw new TypeError(`redirected more than ${MAX_REDIRECTS} times`)
      hop = hopTo(hop, redirect)
      if (redirect.keepsBody && hop.hasBody && !(message.replayable && redirect.sameOrigin)) {
        throw new TypeError(
          redirect.sameOrigin
            ? `redirected with ${response.status}, and a body that is a stream cannot be sent again`
            : `redirected with ${response.status} to another origin, which the request's body is not sent to`,
        )
      }
      if (!redirect.sameOrigin) {
        // From here on nothing is ours, so fetch can follow by itself: the one that no other strategy has wrapped, for
        // whom this would be a request like any other.
        const bare = { ...hop.request, headers: withoutEmpty(hop.request.headers) }
        const last = await message.send({ ...bare, withBody: false, redirect: 'follow', fetch: plain })
        return presentable(last, undefined, true)
      }
      credentials = await abortable(strategy.authorize(hop.request), hop.request.signal)
    }
  }

  const authenticated: Fetch = async (input, init) => {
    const message = messageOf(fetch, input, init, mayKeepBody)
    if (message === undefined) return fetch(input, init)
    const { request } = message
    const authorized = strategy.authorize(request)
    const waits = isThenable(authorized)
    if (!waits && isUnchanged(authorized, request)) return message.pass()
    message.keep(waits || authorized.tls !== undefined)
    try {
      const credentials = waits ? await abortable(authorized, request.signal) : authorized
      if (isUnchanged(credentials, request)) return await message.pass()
      const first = { request, hasBody: message.hasBody }
      const response = await send(message, first, credentials)
      // As nearly every answer is; where a key rides in the URL, the caller is shown one without.
      if (response.ok && credentials.query === undefined) return response
      return await follow(message, first, credentials, response)
    } finally {
      message.release()
    }
  }
  wrapped.set(authenticated, plain)
  return authenticated
}

/** What each authenticated fetch sends with in the end, beneath those of other strategies. */
const wrapped = new WeakMap<Fetch, Fetch>()

/** One request of a call: the first, a replay, or what a redirect asked for. */
interface Hop {
  readonly request: AuthRequest
  readonly hasBody: boolean
}

function redirectIn(hop: Hop, credentials: Credentials, response: Response): Redirect | undefined {
  if (response.type === 'opaqueredirect') {
    throw new TypeError(
      'redirected, and this runtime does not say where to: an authenticated request cannot follow (pass redirect: ' +
        "'manual' to get the response)",
    )
  }
  // A server that builds the location from the request's URL must not make us pass the key on.
  const location = response.headers.get('location')
  const redirect = redirectOf(
    hop.request,
    response,
    location === null ? null : removeQuery(location, credentials.query),
  )
  if (redirect === undefined || redirect.sameOrigin) return redirect
  return { ...redirect, url: removeTraces(redirect.url, credentials) }
}

function hopTo(hop: Hop, { url, method, keepsBody, dropHeaders }: Redirect): Hop {
  const headers = Object.fromEntries(
    Object.entries(hop.request.headers).filter(([name]) => !dropHeaders.includes(name)),
  )
  return { request: { ...hop.request, url, method, headers }, hasBody: hop.hasBody && keepsBody }
}

/** Whether the request goes out as the caller made it: with nothing attached, and no header left off. */
function isUnchanged({ headers, query, tls }: Credentials, request: AuthRequest): boolean {
  return (headers ?? query ?? tls) === undefined && !Object.values(request.headers).includes('')
}

function withoutEmpty(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (headers === NO_HEADERS || !Object.values(headers).includes('')) return headers
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))
}

/** What presents an identity to a URL's origin; asked again when identity, origin or dispatcher are others than last. */
function latest(
  present: PresentIdentity,
): (identity: TlsIdentity, url: string, dispatcher: object | undefined) => MaybePromise<object> {
  let last: { identity: TlsIdentity; below: string; by: object | undefined; options: object } | undefined
  return (identity, url, given) => {
    const by = given ?? globalDispatcher()
    if (last?.identity === identity && last.by === by && url.startsWith(last.below)) return last.options
    const { origin } = new URL(url)
    return present(identity, origin, by).then((options) => {
      last = { identity, below: `${origin}/`, by, options }
      return options
    })
  }
}

/** That of undici, and of Node's own fetch; none until something has set it. */
function globalDispatcher(): object | undefined {
  const [first, second] = GLOBAL.map((key) => Reflect.get(globalThis, key) as object | undefined)
  // undici 8 hides its own behind a wrapper, for the fetch of Node.
  return first?.constructor?.name === 'Dispatcher1Wrapper' ? second : first
}

const GLOBAL = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')]
