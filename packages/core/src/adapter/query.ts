/**
 * The URL with the given query parameters; what is there already stays as it was written. A parameter that the URL has
 * already is the caller's own, and is left alone.
 */
export function addQuery(url: string, query: Readonly<Record<string, string>> | undefined): string {
  if (query === undefined) return url
  const { head, pairs, hash } = split(url)
  const present = new Set(pairs.map(decodedName))
  for (const [name, value] of Object.entries(query)) {
    if (!present.has(name)) pairs.push(`${encodeQuery(name)}=${encodeQuery(value)}`)
  }
  return join(head, pairs, hash)
}

/** The URL without those of the given query parameters that have the given value. */
export function removeQuery(url: string, query: Readonly<Record<string, string>> | undefined): string {
  if (query === undefined) return url
  const { head, pairs, hash } = split(url)
  return join(
    head,
    pairs.filter((pair) => query[decodedName(pair)] === undefined || query[decodedName(pair)] !== decodedValue(pair)),
    hash,
  )
}

/** As a URL parser leaves it: unlike `encodeURIComponent`, that escapes an apostrophe. */
export function encodeQuery(text: string): string {
  return encodeURIComponent(text).replaceAll("'", '%27')
}

function split(url: string): { head: string; pairs: string[]; hash: string } {
  const hashAt = url.indexOf('#')
  const beforeHash = hashAt === -1 ? url : url.slice(0, hashAt)
  const queryAt = beforeHash.indexOf('?')
  const query = queryAt === -1 ? '' : beforeHash.slice(queryAt + 1)
  return {
    head: queryAt === -1 ? beforeHash : beforeHash.slice(0, queryAt),
    pairs: query === '' ? [] : query.split('&'),
    hash: hashAt === -1 ? '' : url.slice(hashAt),
  }
}

function join(head: string, pairs: readonly string[], hash: string): string {
  return `${head}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}${hash}`
}

const decodedName = (pair: string): string => decode(pair.split('=', 1)[0] as string)
const decodedValue = (pair: string): string => decode(pair.slice(pair.indexOf('=') + 1))

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
