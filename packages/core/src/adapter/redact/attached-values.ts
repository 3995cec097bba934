import type { Credentials } from '../../layer.ts'
import { anyEncoding, PERCENT, quote } from './encodings.ts'

// A shorter value may be part of any word: a key `test` of every `api.carrier.test`.
const TELLING = 8

/** Finds and removes what was attached to a request. */
export interface AttachedValues {
  /** Whether a header field is one that was attached; `name` in lower case. */
  isOurs(name: string, value: unknown): boolean
  /** Whether anything of it occurs. */
  found(text: string): boolean
  /** The text without header lines, query parameters and bare values. */
  erase(text: string): string
}

/**
 * `undefined` when nothing was attached. A value of fewer than 8 characters counts only where it is the value of its
 * header or query parameter; a longer one counts everywhere, however a server has encoded it.
 */
export function attachedValues(all: readonly Credentials[]): AttachedValues | undefined {
  const headers = all.flatMap((credentials) => Object.entries(credentials.headers ?? {}))
  const query = all.flatMap((credentials) => Object.entries(credentials.query ?? {}))
  if (headers.length === 0 && query.length === 0) return undefined
  // `Bearer x` is no secret but for its `x`.
  const inHeaders = new Set(headers.flatMap(([, value]) => [value, value.slice(value.indexOf(' ') + 1)]))
  const telling = [...new Set([...inHeaders, ...query.map(([, value]) => value)])]
    .filter((value) => value.length >= TELLING)
    .sort((a, b) => b.length - a.length)
  const values = telling.length === 0 ? undefined : new RegExp(telling.map(anyEncoding).join('|'), 'g')
  const pairs = query.flatMap(([name, value]) => queryPairs(name, value))
  const lines = headers.map(([name, value]) => new RegExp(`${quote(name)}: ?${quote(value)}(?:\\r?\\n|$)`, 'gim'))
  const everywhere = [...pairs, ...lines, ...(values === undefined ? [] : [values])]
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const found = (text: string): boolean => everywhere.some((pattern) => text.search(pattern) !== -1)
  return {
    isOurs: (name, value) =>
      names.has(name) &&
      [value].flat().some((item) => typeof item === 'string' && (inHeaders.has(item) || found(item))),
    found,
    erase(text) {
      let rest = text
      for (const pair of pairs) rest = rest.replace(pair, (_, before, after) => (after ? before : ''))
      for (const line of lines) rest = rest.replace(line, '')
      return values === undefined ? rest : rest.replace(values, '')
    },
  }
}

/** A parameter of a URL, and of a URL that is a parameter itself. */
function queryPairs(name: string, value: string): RegExp[] {
  const [n, v] = [anyEncoding(name), anyEncoding(value)]
  return [
    new RegExp(`([?&])${n}=${v}(?:(&)|(?=[#\\s"'<>]|$))`, 'g'),
    new RegExp(`(${PERCENT}(?:3[fF]|26))${n}${PERCENT}3[dD]${v}(?:(${PERCENT}26)|(?=[%&#\\s"'<>]|$))`, 'g'),
  ]
}
