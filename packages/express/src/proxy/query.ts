/**
 * The URL with the carrier's query parameters, and without any of the client's that a server could take for one of them:
 * other case, other encoding, a list, or behind a semicolon.
 */
export function withQuery(url: URL, attached: Readonly<Record<string, string>> | undefined): URL {
  if (attached === undefined) return url
  const names = new Set(Object.keys(attached).map(plain))
  const pairs = url.search
    .slice(1)
    .split('&')
    .map((pair) => withoutNames(pair, names))
    .filter((pair) => pair !== '')
  const ours = Object.entries(attached).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  const attachedUrl = new URL(url)
  attachedUrl.search = [...pairs, ...ours].join('&')
  return attachedUrl
}

/** Some servers separate parameters by a semicolon too. */
function withoutNames(pair: string, names: ReadonlySet<string>): string {
  const parts = pair.split(';')
  const kept = parts.filter((part) => !names.has(plain(part.split('=', 1)[0] as string)))
  return kept.length === parts.length ? pair : kept.join(';')
}

/** A name without what frameworks disregard. */
function plain(name: string): string {
  let text = name.replaceAll('+', ' ')
  for (let i = 0; i < 3; i++) text = decode(text)
  return text
    .normalize('NFKC')
    .replace(/[[\0].*$/s, '')
    .replace(/[\s._-]/g, '')
    .toLowerCase()
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// As a URL parser leaves it: unlike `encodeURIComponent`, that escapes an apostrophe.
const encode = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27')
