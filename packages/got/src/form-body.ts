import { fixedBody, isFormData, multipart } from '@auth/core/adapter'
import type { RequestOptions } from './call.ts'

/**
 * Turns a form into a body that is the same message each time it is sent: got would make another one, with another
 * boundary, for each retry and redirect.
 */
export function fixForm(options: { body?: unknown }): void {
  if (isFormData(options.body)) options.body = new FormBody(multipart(options.body))
}

/**
 * Keeps the body of a call as it is when the call is made. got sends bytes only once it has credentials, and form and
 * JSON as text, which it makes at once.
 */
export function fixBody(options: { body?: unknown }): void {
  fixForm(options)
  if (ArrayBuffer.isView(options.body)) options.body = fixedBody(options.body)
}

/**
 * Adds the headers that describe a fixed form to what is sent. Were they among got's options, they would stay there as
 * the user's own when the body is replaced.
 */
export function describeForm(native: { headers?: unknown }, options: RequestOptions): void {
  const { body } = options
  if (!(body instanceof FormBody)) return
  const headers = native.headers as Record<string, string | undefined>
  // What got has made up may be about a body that a hook has replaced.
  const given = (name: string): boolean => headers[name] !== undefined && options.isHeaderExplicitlySet(name)
  native.headers = {
    ...headers,
    ...(!given('content-type') && { 'content-type': body.type }),
    ...(!given('content-length') && !given('transfer-encoding') && { 'content-length': `${body.size}` }),
  }
}

/** Iterating it again starts from the beginning, by which got knows what can be sent again. */
export class FormBody implements AsyncIterable<Uint8Array> {
  readonly #message: Blob
  constructor(message: Blob) {
    this.#message = message
  }
  get type(): string {
    return this.#message.type
  }
  get size(): number {
    return this.#message.size
  }
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#message.stream()[Symbol.asyncIterator]()
  }
}
