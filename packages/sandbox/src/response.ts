import type { ServerResponse } from 'node:http'

/** An HTTP answer as data. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** In place of `body`, for what is no text. */
  readonly bytes?: Uint8Array
}

/** Members are written in the order of the literal: the documents' order is part of what is simulated. */
export function json(status: number, value: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}

/**
 * An error of the token endpoint.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function oauthError(status: number, error: string, description?: string): Answer {
  return json(status, description === undefined ? { error } : { error, error_description: description })
}

export function send(response: ServerResponse, { status, headers = {}, body = '', bytes }: Answer): void {
  const content = bytes ?? body
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(content) })
  response.end(content)
}
