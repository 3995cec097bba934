import type { AuthRequest } from '../layer.ts'
import { fixedBody } from './fixed-body.ts'
import { lowerCaseHeaders } from './headers.ts'
import { isOneShot } from './one-shot.ts'

export type Fetch = typeof globalThis.fetch
type Input = Parameters<Fetch>[0]
type RedirectMode = Request['redirect']

/** A fetch call, taken apart so that it can be sent to another URL and sent again. */
export interface Message {
  /** As the caller made it: its URL absolute, its headers the caller's own; the empty value says: not this header. */
  readonly request: AuthRequest
  readonly redirect: RedirectMode
  readonly hasBody: boolean
  /** What the caller has chosen to send it by. */
  readonly dispatcher: object | undefined
  /** Whether `send` can be called again with the body. */
  readonly replayable: boolean
  /**
   * Keeps the body as it is now. To be called before anything is waited for: what the caller changes afterwards belongs
   * to the next call. `waits` says that it is not sent at once.
   */
  keep(waits: boolean): void
  /** Sends it as the caller made it. */
  pass(): Promise<Response>
  send(to: Destination): Promise<Response>
  /** Lets go of what was kept for another `send`. */
  release(): void
}

export interface Destination {
  readonly url: string
  readonly method: string
  readonly headers: Record<string, string>
  readonly withBody: boolean
  readonly redirect: RedirectMode
  /** What else goes into the call's second argument. */
  readonly options?: object | undefined
  /** Default: the one that the call was made for. */
  readonly fetch?: Fetch
}

// Such a URL is the same to every parser: nothing to be left out or encoded, no backslash, no user information.
const PLAIN = /^https?:\/\/[\w.:-]+(?:[/?#][!-[\]-~]*)?$/

/** Takes a fetch call apart; `undefined` for arguments that only `fetch` itself can judge. */
export function messageOf(
  fetch: Fetch,
  input: Input,
  init: RequestInit | undefined,
  mayKeepBody: boolean,
): Message | undefined {
  if (isRequest(input)) return input.bodyUsed ? undefined : ofRequest(fetch, input, init, mayKeepBody)
  const text = String(input)
  const url = PLAIN.test(text) ? text : parsed(text)
  if (url === undefined) return undefined
  // A request in the place of options: what it says is not among its own properties, and would be lost in a copy.
  if (isRequest(init)) return messageOf(fetch, Reflect.construct(init.constructor, [url, init]), undefined, mayKeepBody)
  return ofInit(fetch, input, url, init)
}

const NO_INIT: RequestInit = Object.freeze({})

function parsed(text: string): string | undefined {
  const base = (globalThis as { location?: { href?: string } }).location?.href
  return URL.canParse(text, base) ? new URL(text, base).href : undefined
}

function ofInit(fetch: Fetch, input: Input, url: string, given: RequestInit | undefined): Message {
  const init = given === undefined ? NO_INIT : { ...given }
  const { method = 'GET', headers, signal, redirect = 'follow', body } = init
  const hasBody = body !== undefined && body !== null
  let own = init
  let pass = (): Promise<Response> => fetch(input, given)
  return {
    request: { url, method, headers: headersOf(headers), signal: signal ?? undefined },
    redirect,
    hasBody,
    dispatcher: dispatcherOf(init),
    replayable: !isOneShot(body),
    keep() {
      if (hasBody) own = { ...init, body: fixedBody(body) }
      pass = () => fetch(url, own)
    },
    pass: () => pass(),
    send({ url, method, headers, withBody, redirect, options, fetch: by = fetch }) {
      const next: RequestInit = { ...own, method, headers, redirect }
      if (hasBody && !withBody) next.body = null
      Object.assign(next, options)
      return by(url, next)
    },
    release() {},
  }
}

// What a request says beyond method, headers and body. A stored `dispatcher` cannot be read back.
const ATTRIBUTES = ['cache', 'credentials', 'integrity', 'keepalive', 'mode', 'referrer', 'referrerPolicy'] as const

function ofRequest(fetch: Fetch, request: Request, given: RequestInit | undefined, mayKeepBody: boolean): Message {
  let init = given === undefined ? undefined : { ...given }
  const replaced = init?.body !== undefined && init.body !== null
  // `body` is missing where streams cannot be sent; a request for content to be cloned all the same.
  const ownBody =
    !replaced && (request.body === undefined ? !/^(?:GET|HEAD)$/.test(request.method) : request.body !== null)
  let taken = request
  let spare = request
  let bytes: Promise<ArrayBuffer> | undefined
  const own: AuthRequest = {
    url: request.url,
    method: init?.method ?? request.method,
    headers: headersOf(init?.headers ?? request.headers),
    signal: init?.signal === null ? undefined : (init?.signal ?? request.signal),
  }
  const replayable = replaced ? !isOneShot(init?.body) : !ownBody || mayKeepBody
  return {
    request: own,
    redirect: init?.redirect ?? request.redirect,
    hasBody: replaced || ownBody,
    dispatcher: dispatcherOf(init),
    replayable,
    keep(waits) {
      if (replaced) init = { ...init, body: fixedBody(init?.body ?? null) }
      // As fetch does: from the call on, the body is not the caller's to read or to send again.
      if (ownBody && waits) spare = taken = takenFrom(request)
    },
    pass: () => fetch(taken, init),
    send({ url, method, headers, withBody, redirect, options, fetch: by = fetch }) {
      const rest: RequestInit = { ...init, headers, redirect }
      Object.assign(rest, options)
      if (url === own.url && method === own.method) {
        const current = spare
        // A request is used up by sending it, and whether its body is a stream cannot be seen from here.
        if (ownBody && replayable) spare = current.clone()
        return by(current, rest)
      }
      // A request can only be sent to another URL as its parts.
      const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [name, request[name]]))
      const parts = { ...attributes, signal: own.signal ?? null, ...rest, method }
      if (!withBody) return by(url, { ...parts, body: null })
      if (!ownBody) return by(url, { ...parts, body: rest.body ?? null })
      bytes ??= spare.arrayBuffer()
      return bytes.then((body) => by(url, { ...parts, body }))
    },
    release() {
      if (spare !== request) spare.body?.cancel().catch(() => {})
    },
  }
}

function takenFrom(request: Request): Request {
  try {
    return Reflect.construct(request.constructor, [request])
  } catch {
    // A class of somebody's own, with other arguments.
    return request.clone()
  }
}

/** An option of undici's. One that a `Request` was made with cannot be read back. */
function dispatcherOf(init: RequestInit | undefined): object | undefined {
  const { dispatcher } = (init ?? NO_INIT) as { dispatcher?: unknown }
  return typeof dispatcher === 'object' && dispatcher !== null ? dispatcher : undefined
}

function headersOf(headers: RequestInit['headers']): Readonly<Record<string, string>> {
  return lowerCaseHeaders(headers as Parameters<typeof lowerCaseHeaders>[0])
}

/** Of any realm or library: a fetch takes only its own kind of request, and gets back the one that was passed. */
function isRequest(input: Input | RequestInit | undefined): input is Request {
  return typeof input === 'object' && Object.prototype.toString.call(input) === '[object Request]'
}
