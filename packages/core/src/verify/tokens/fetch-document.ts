import { abortable } from '../../lib/abortable.ts'
import { boundedText } from '../../lib/bounded-text.ts'

/** How a verification document is fetched. */
export interface FetchOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** ms for a whole document, body included. Default 5000. */
  readonly timeout?: number
}

/** A document that could not be had. The message names neither the body nor a credential. */
export class DocumentError extends Error {
  /** HTTP status of the answer, where there was one. */
  readonly status: number | undefined
  /** ms that the server asked to be left alone (`Retry-After`), where it did. */
  readonly retryAfter: number | undefined

  constructor(message: string, details: { status?: number; retryAfter?: number | undefined; cause?: unknown } = {}) {
    super(message, { cause: details.cause })
    this.name = 'DocumentError'
    this.status = details.status
    this.retryAfter = details.retryAfter
  }
}

const MAX_BYTES = 256 * 1024

/** Fetches a JSON document within `timeout` ms and 256 KiB after decoding, following no redirect. */
export async function fetchDocument(
  url: string,
  { fetch = globalThis.fetch, timeout = 5000 }: FetchOptions,
  init: RequestInit = {},
): Promise<unknown> {
  const signal = AbortSignal.timeout(timeout)
  try {
    const response = await abortable(
      fetch(url, { ...init, headers: { accept: 'application/json', ...init.headers }, redirect: 'manual', signal }),
      signal,
    )
    if (response.status !== 200) {
      response.body?.cancel().catch(() => {})
      throw new DocumentError(`answered with status ${response.status}`, {
        status: response.status,
        retryAfter: retryAfter(response),
      })
    }
    const text = await abortable(boundedText(response, MAX_BYTES, { fatal: true }), signal)
    if (text === undefined) throw new DocumentError(`is larger than ${MAX_BYTES} bytes`)
    return JSON.parse(text)
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError('could not be fetched or read', { cause: error })
  }
}

function retryAfter(response: Response): number | undefined {
  const value = response.headers.get('retry-after')
  return value !== null && /^\d{1,9}$/.test(value) ? Number(value) * 1000 : undefined
}
