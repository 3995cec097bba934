import type { Credentials } from '@auth/core'

/** Whether a text shows something that was attached to the request, however it is encoded. */
export type ShowsAttached = (text: string) => boolean

// What is shorter may well be a word like any other: it counts where nothing else touches it.
const LONG = 8
// As often as a URL is put into a URL, and then some.
const MOST_DECODINGS = 6

/**
 * Knows the values of query keys, and those of headers that are long enough to be a secret, in plain text,
 * percent-encoded (several times), and as base64 or hex.
 */
export function tracesOf({ headers, query }: Credentials): ShowsAttached {
  const inHeaders = Object.values(headers ?? {})
    .flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)])
    .filter((value) => value.length >= LONG)
  const values = [...new Set([...Object.values(query ?? {}), ...inHeaders])].filter((value) => value !== '')
  if (values.length === 0) return () => false
  const long = values.filter((value) => value.length >= LONG)
  const base64 = long.flatMap(base64Parts)
  const hex = long.map((value) => Buffer.from(value).toString('hex'))
  return (text) =>
    readings(text).some(
      (reading) =>
        long.some((value) => reading.includes(value)) ||
        values.some((value) => standsAlone(value, reading)) ||
        base64.some((part) => reading.replaceAll('+', '-').replaceAll('/', '_').includes(part)) ||
        hex.some((part) => reading.toLowerCase().includes(part)),
    )
}

function readings(text: string): string[] {
  const found = new Set<string>()
  let rest = [text]
  for (let i = 0; i <= MOST_DECODINGS && rest.length > 0; i++) {
    for (const reading of rest) found.add(reading)
    rest = rest
      .flatMap((reading) => [decode(reading), decode(reading.replaceAll('+', ' '))])
      .filter((reading, at, all) => !found.has(reading) && all.indexOf(reading) === at)
  }
  return [...found]
}

/** Percent-encoding, and what JSON and HTML put in its place. What is malformed stays. */
function decode(text: string): string {
  return text
    .replace(/\\u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/&#x([\da-f]{1,5});/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d{1,6});/g, (_, digits: string) => String.fromCodePoint(Number(digits)))
    .replace(/(?:%[\da-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}

function standsAlone(value: string, text: string): boolean {
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const around = (text[at - 1] ?? '') + (text[at + value.length] ?? '')
    if (!/[\p{L}\p{N}]/u.test(around)) return true
  }
  return false
}

/** What base64url has of the value whatever stands before and behind it. */
function base64Parts(value: string): string[] {
  return [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64url')
    return whole.slice(before === 0 ? 0 : 4)
  })
}
