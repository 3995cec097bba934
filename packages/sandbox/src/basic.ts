export interface BasicCredentials {
  readonly username: string
  readonly password: string
}

/**
 * Reads `Basic base64(user-id:password)`; the first colon separates. `undefined` for anything else.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 */
export function readBasic(
  authorization: string | undefined,
  charset: BufferEncoding = 'utf8',
): BasicCredentials | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString(charset)
  const colon = pair.indexOf(':')
  return colon === -1 ? undefined : { username: pair.slice(0, colon), password: pair.slice(colon + 1) }
}
