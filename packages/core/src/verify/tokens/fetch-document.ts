import { abortable } from '../../lib/abortable.ts'
import { boundedText } from '../../lib/bounded-text.ts'
import { type Check, callable, LONGEST_TIMER, milliseconds } from '../../lib/options.ts'
import { retryAfter } from '../../lib/retry-after.ts'
import { noStore } from '../../runtime/no-store.ts'

/** How a verification document is fetched. */
export interface FetchOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** ms for a whole document, body included. Default 5000. */
  readonly timeout?: number | undefined
}

/** Checks of these options. */
export const FETCH_OPTIONS: { readonly fetch: Check; readonly timeout: Check } = {
  fetch: callable,
  timeout: milliseconds(LONGEST_TIMER),
}

/** A document that could not be fetched. The message names neither the body nor a credential. */
export class DocumentError extends Error {
  /** HTTP status of the answer, where there was one. */
  readonly status: number | undefined
  /** ms that the server asked to be left alone (`Retry-After`), where it did. */
  readonly retryAfter: number | undefined
  /** `error` of the answer (RFC 6749 section 5.2), where it is one. */
  readonly code: string | undefined

  constructor(
    message: string,
    details: { status?: number; retryAfter?: number | undefined; code?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause })
    this.name = 'DocumentError'
    this.status = details.status
    this.retryAfter = details.retryAfter
    this.code = details.code
  }
}

const MAX_BYTES = 256 * 1024

/**
 * Fetches a JSON document within `timeout` ms and 256 KiB after decoding, following no redirect. No cache of a framework
 * may answer: it would keep revoked tokens and removed keys alive.
 */
export async function fetchDocument(
  url: string,
  { fetch = globalThis.fetch, timeout = 5000 }: FetchOptions,
  init: RequestInit = {},
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeout)
  try {
    const response = await abortable(
      fetch(url, {
        ...init,
        headers: { accept: 'application/json', ...init.headers },
        redirect: 'manual',
        signal,
        ...noStore(),
      }),
      signal,
    )
    if (response.status !== 200) {
      const code = response.status === 400 ? await errorCode(response, signal) : undefined
      response.body?.cancel().catch(() => {})
      throw new DocumentError(`answered with status ${response.status}`, {
        status: response.status,
        retryAfter: retryAfter(response.headers, Date.now()),
        code,
      })
    }
    const text = await abortable(boundedText(response, MAX_BYTES, { fatal: true }), signal)
    if (text === undefined) throw new DocumentError(`is larger than ${MAX_BYTES} bytes`)
    return JSON.parse(text)
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError('could not be fetched or read', { cause: error })
  }
}

async function errorCode(response: Response, signal: AbortSignal): Promise<string | undefined> {
  try {
    const text = await abortable(boundedText(response, MAX_BYTES, { fatal: true }), signal)
    const { error } = JSON.parse(text ?? '') as { error?: unknown }
    return typeof error === 'string' ? error : undefined
  } catch {
    return undefined
  }
}
