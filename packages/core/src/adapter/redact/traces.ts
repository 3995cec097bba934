import type { Credentials } from '../../layer.ts'
import { removeQuery } from '../query.ts'
import { attachedValues } from './attached-values.ts'

/**
 * A URL on another origin without anything that was attached to the request that led to it: a server may have moved a
 * query key into another parameter, into one of a URL that is itself a parameter, or into the path.
 */
export function removeTraces(url: string, credentials: Credentials | readonly Credentials[]): string {
  const all = 'length' in credentials ? credentials : [credentials]
  let rest = url
  for (const { query } of all) {
    rest = removeQuery(rest, query)
    for (const value of Object.values(query ?? {})) rest = withoutValue(rest, value)
  }
  return attachedValues(all)?.erase(rest) ?? rest
}

/** Whatever the parameter is called now: the whole of its value is the key. */
function withoutValue(url: string, value: string): string {
  if (!URL.canParse(url)) return url
  let rest = url
  for (const [name, other] of new URL(url).searchParams) {
    if (other === value) rest = removeQuery(rest, { [name]: value })
  }
  return rest
}
