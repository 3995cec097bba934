const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes `user-id:password`; `undefined` unless it is canonical base64 of UTF-8 without control characters. */
export function decodeBasic(credentials: string): { username: string; password: string } | undefined {
  const bytes = Buffer.from(credentials, 'base64')
  if (bytes.toString('base64') !== credentials) return undefined
  let pair: string
  try {
    pair = UTF_8.decode(bytes)
  } catch {
    return undefined
  }
  const colon = pair.indexOf(':')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (colon === -1 || /[\x00-\x1f\x7f]/.test(pair)) return undefined
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) }
}
