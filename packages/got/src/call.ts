import type { AuthRequest, Credentials } from '@auth/core'
import type { NormalizedOptions, Options } from 'got'

/** The options of one request, in a hook or on a response. */
export type RequestOptions = NormalizedOptions | Options

/** One call of got, over its retries and redirects. */
export interface Call {
  /** Of its first request. */
  readonly origin: string
  /** A redirect has led to another origin: nothing is attached any more, not even back on the first one. */
  left: boolean
  /** Everything that was attached in its course. */
  readonly attached: Credentials[]
  /** The latest request, if anything was attached to it. */
  sent: { readonly request: AuthRequest; readonly credentials: Credentials } | undefined
  /** What to send with the next request; the strategy is not asked again. */
  fresh: Credentials | undefined
  replayed: boolean
  redirecting: boolean
}

export interface Calls {
  /** The call that a request belongs to; a new one for a first request. */
  at(options: RequestOptions, retryCount: number): Call
  /** The call that a request belongs to, if it has begun. */
  find(options: unknown): Call | undefined
}

/** Keeps calls apart by got's `context`, which it copies for each call and hands on from request to request. */
export function callsByContext(): Calls {
  const key = Symbol('@auth/got')
  const find = (options: unknown): Call | undefined =>
    Token.callOf((options as Partial<RequestOptions> | undefined)?.context?.[key as unknown as string])
  return {
    find,
    at(options, retryCount) {
      const known = find(options)
      if (known !== undefined && (retryCount > 0 || known.redirecting)) return known
      const call: Call = {
        origin: originOf(options),
        left: false,
        attached: [],
        sent: undefined,
        fresh: undefined,
        replayed: false,
        redirecting: false,
      }
      options.context[key as unknown as string] = new Token(call)
      return call
    },
  }
}

/** What stands in the user's context, which is printed with errors, for a call: it shows nothing of it. */
class Token {
  readonly #call: Call
  constructor(call: Call) {
    this.#call = call
  }
  static callOf(value: unknown): Call | undefined {
    return typeof value === 'object' && value !== null && #call in value ? value.#call : undefined
  }
}

export function originOf({ url = '' }: RequestOptions): string {
  return typeof url === 'string' ? new URL(url).origin : url.origin
}
