import type { Credentials } from '../../layer.ts'
import { encodeQuery } from '../query.ts'

/** Finds and removes what was attached to a request. */
export interface AttachedValues {
  /** Whether a header field is one that was attached; `name` in lower case. */
  isOurs(name: string, value: unknown): boolean
  /** Whether any of the values occurs. */
  found(text: string): boolean
  /** The text without header lines, query parameters and bare values. */
  erase(text: string): string
}

/** `undefined` when nothing was attached. */
export function attachedValues(all: readonly Credentials[]): AttachedValues | undefined {
  const headers = all.flatMap((credentials) => Object.entries(credentials.headers ?? {}))
  const query = all.flatMap((credentials) => Object.entries(credentials.query ?? {}))
  if (headers.length === 0 && query.length === 0) return undefined
  const values = new Set<string>()
  for (const [, value] of headers) {
    values.add(value)
    // `Bearer x` is no secret but for its `x`.
    const credential = value.slice(value.indexOf(' ') + 1)
    if (credential.length >= 8) values.add(credential)
  }
  for (const [, value] of query) values.add(encodeQuery(value)).add(value)
  // Messages quote what no header can carry.
  for (const value of [...values]) values.add(JSON.stringify(value).slice(1, -1))
  const longestFirst = [...values].filter((value) => value !== '').sort((a, b) => b.length - a.length)
  const found = (text: string): boolean => longestFirst.some((value) => text.includes(value))
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const pairs = query.map(([name, value]) => queryPair(name, value))
  const lines = headers.map(([name, value]) => new RegExp(`${quote(name)}: ?${quote(value)}\\r?\\n?`, 'gi'))
  return {
    isOurs: (name, value) => names.has(name) && [value].flat().some((item) => typeof item === 'string' && found(item)),
    found,
    erase(text) {
      let rest = text
      for (const pair of pairs) rest = rest.replace(pair, (_, before, after) => (after === '&' ? before : after))
      for (const line of lines) rest = rest.replace(line, '')
      for (const value of longestFirst) rest = rest.replaceAll(value, '')
      return rest
    },
  }
}

function queryPair(name: string, value: string): RegExp {
  const either = (text: string): string => [...new Set([encodeQuery(text), text])].map(quote).join('|')
  return new RegExp(`([?&])(?:${either(name)})=(?:${either(value)})(&|(?=#|\\s|"|'|$))`, 'g')
}

const quote = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
