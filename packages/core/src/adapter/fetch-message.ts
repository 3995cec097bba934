import { lowerCaseHeaders } from './headers.ts'
import { isFormData, multipart } from './multipart.ts'
import { isOneShot } from './one-shot.ts'

export type Fetch = typeof globalThis.fetch
type Input = Parameters<Fetch>[0]
type RedirectMode = Request['redirect']

/** A fetch call, taken apart so that it can be sent to another URL and sent again. */
export interface Message {
  /** Absolute. */
  readonly url: string
  readonly method: string
  /** The caller's own; the empty value says: not this header. */
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  readonly redirect: RedirectMode
  readonly hasBody: boolean
  /** Whether `send` can be called again with the body. */
  readonly replayable: boolean
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
  /** What else goes into the call's second argument, where the caller has not put it there himself. */
  readonly options: object
  /** Default: the one that the call was made for. */
  readonly fetch?: Fetch
}

/** Takes a fetch call apart; `undefined` for arguments that only `fetch` itself can judge. */
export function messageOf(
  fetch: Fetch,
  input: Input,
  init: RequestInit | undefined,
  mayKeepBody: boolean,
): Message | undefined {
  if (isRequest(input)) return input.bodyUsed ? undefined : ofRequest(fetch, input, init, mayKeepBody)
  const base = (globalThis as { location?: { href?: string } }).location?.href
  const text = String(input)
  if (!URL.canParse(text, base)) return undefined
  const url = new URL(text, base).href
  // A request in the place of options: what it says is not among its own properties, and would be lost in a copy.
  if (isRequest(init)) return messageOf(fetch, Reflect.construct(init.constructor, [url, init]), undefined, mayKeepBody)
  return ofInit(fetch, url, { ...init })
}

function ofInit(fetch: Fetch, url: string, init: RequestInit): Message {
  const hasBody = init.body !== undefined && init.body !== null
  const form = fixedForm(init)
  return {
    url,
    method: init.method ?? 'GET',
    headers: headersOf(init.headers),
    signal: init.signal ?? undefined,
    redirect: init.redirect ?? 'follow',
    hasBody,
    replayable: !isOneShot(init.body),
    send: ({ url, method, headers, withBody, redirect, options, fetch: by = fetch }) =>
      by(url, {
        ...init,
        ...form(),
        ...unlessGiven(options, init),
        method,
        headers,
        redirect,
        ...(hasBody && !withBody && { body: null }),
      }),
    release() {},
  }
}

// What a request says beyond method, headers and body. A stored `dispatcher` cannot be read back.
const ATTRIBUTES = ['cache', 'credentials', 'integrity', 'keepalive', 'mode', 'referrer', 'referrerPolicy'] as const

function ofRequest(fetch: Fetch, request: Request, init: RequestInit | undefined, mayKeepBody: boolean): Message {
  const replaced = init?.body !== undefined && init.body !== null
  // `body` is missing where streams cannot be sent; a request for content to be cloned all the same.
  const ownBody =
    !replaced && (request.body === undefined ? !/^(?:GET|HEAD)$/.test(request.method) : request.body !== null)
  const form = fixedForm(init)
  let spare = request
  let bytes: Promise<ArrayBuffer> | undefined
  const message = {
    url: request.url,
    method: init?.method ?? request.method,
    headers: headersOf(init?.headers ?? request.headers),
    signal: init?.signal === null ? undefined : (init?.signal ?? request.signal),
    redirect: init?.redirect ?? request.redirect,
    hasBody: replaced || ownBody,
    replayable: replaced ? !isOneShot(init?.body) : !ownBody || mayKeepBody,
  }
  return {
    ...message,
    async send({ url, method, headers, withBody, redirect, options, fetch: by = fetch }) {
      const rest = { ...init, ...form(), ...unlessGiven(options, init ?? {}), headers, redirect }
      if (url === message.url && method === message.method) {
        const current = spare
        // A request is used up by sending it, and whether its body is a stream cannot be seen from here.
        if (ownBody && message.replayable) spare = current.clone()
        return by(current, rest)
      }
      // A request cannot be turned to another URL but for its parts.
      const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [name, request[name]]))
      if (ownBody && withBody) bytes ??= spare.arrayBuffer()
      const body = !withBody ? null : ownBody ? await bytes : rest.body
      return by(url, { ...attributes, signal: message.signal ?? null, ...rest, method, body: body ?? null })
    },
    release() {
      if (spare !== request) spare.body?.cancel().catch(() => {})
    },
  }
}

/** The form among the options as the same message for each `send`, made no earlier than for the first. */
function fixedForm(init: RequestInit | undefined): () => Pick<RequestInit, 'body'> {
  let fixed: Pick<RequestInit, 'body'> | undefined
  return () => (fixed ??= isFormData(init?.body) ? { body: multipart(init.body) } : {})
}

/** A connection that the caller chose himself stays his. */
function unlessGiven(options: object, init: object): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Reflect.get(init, name) === undefined))
}

function headersOf(headers: RequestInit['headers']): Readonly<Record<string, string>> {
  return lowerCaseHeaders(headers as Parameters<typeof lowerCaseHeaders>[0])
}

/** Of any realm or library: a fetch takes only its own kind of request, and gets back the one that was passed. */
function isRequest(input: Input | RequestInit | undefined): input is Request {
  return typeof input === 'object' && Object.prototype.toString.call(input) === '[object Request]'
}
