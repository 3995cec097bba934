// `%`, and how a second and third encoding write it.
export const PERCENT = '%(?:25){0,3}'

/**
 * The source of a regular expression that matches a text as it is, percent-encoded up to four times, form-encoded, and
 * quoted as in JSON. A server may have put what it was sent into a parameter of its own, such as `?next=`.
 */
export function anyEncoding(text: string): string {
  return [...text].map(anyEncodingOf).join('')
}

function anyEncodingOf(character: string): string {
  if (/[\w.~-]/.test(character)) return quote(character)
  const bytes = Array.from(new TextEncoder().encode(character), (byte) => byte.toString(16).padStart(2, '0'))
  const ways = [character, JSON.stringify(character).slice(1, -1)].map(quote)
  ways.push(bytes.map((byte) => PERCENT + eitherCase(byte)).join(''))
  if (character === ' ') ways.push('\\+', `${PERCENT}2[bB]`)
  return `(?:${[...new Set(ways)].join('|')})`
}

const eitherCase = (hex: string): string => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

export const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
