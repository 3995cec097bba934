import { isFormData, lowerCaseHeaders, multipart } from '@auth/core/adapter'
import type { OptionsInit } from 'got'
import type { RequestOptions } from './call.ts'

/**
 * Turns a form into a body that is the same message each time it is sent: got would make another one, with another
 * boundary, for each retry and redirect.
 */
export function fixForm(plain: OptionsInit, { headers }: RequestOptions): void {
  if (!isFormData(plain.body)) return
  const message = multipart(plain.body)
  const given = { ...lowerCaseHeaders(headers), ...lowerCaseHeaders(plain.headers) }
  plain.body = new FormBody(message)
  plain.headers = {
    ...plain.headers,
    ...(!given['content-type'] && { 'content-type': message.type }),
    ...(!given['content-length'] && !given['transfer-encoding'] && { 'content-length': `${message.size}` }),
  }
}

/** Iterating it again starts from the beginning, by which got knows what can be sent again. */
export class FormBody implements AsyncIterable<Uint8Array> {
  readonly #message: Blob
  constructor(message: Blob) {
    this.#message = message
  }
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#message.stream()[Symbol.asyncIterator]()
  }
}
