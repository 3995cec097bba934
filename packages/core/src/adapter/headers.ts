type HeaderValue = string | number | boolean | readonly string[] | null | undefined

export const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})

/**
 * Reduces a client's headers to what a strategy takes: names in lower case, repeated fields joined by a comma. A value
 * of `undefined`, `null` or `false` is the caller's way to say "not this header", and becomes the empty string.
 */
export function lowerCaseHeaders(
  headers: Iterable<readonly [string, HeaderValue]> | Readonly<Record<string, HeaderValue>> | undefined,
): Readonly<Record<string, string>> {
  if (headers === undefined) return NO_HEADERS
  const lower: Record<string, string> = {}
  for (const [name, value] of isIterable(headers) ? headers : Object.entries(headers)) {
    const key = name.toLowerCase()
    const text = value === undefined || value === null || value === false ? '' : String(value)
    lower[key] = lower[key] ? `${lower[key]}, ${text}` : text
  }
  return lower
}

function isIterable(value: object): value is Iterable<readonly [string, HeaderValue]> {
  return Symbol.iterator in value
}
