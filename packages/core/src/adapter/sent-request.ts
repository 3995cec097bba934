import type { AuthRequest, Credentials } from '../layer.ts'
import { addQuery, removeQuery } from './query.ts'

/**
 * The request as `strategy.recover` judges it: with the headers and query parameters that were attached and no others,
 * so that a credential of the caller's own is never taken for one of the strategy's.
 */
export function sentRequest(request: AuthRequest, credentials: Credentials): AuthRequest {
  return {
    url: addQuery(withoutNames(request.url, credentials.query), credentials.query),
    method: request.method,
    headers: credentials.headers ?? {},
    signal: request.signal,
  }
}

/** A parameter of the caller's own, whatever its value, was not attached. */
function withoutNames(url: string, query: Credentials['query']): string {
  if (query === undefined || !URL.canParse(url)) return url
  const parameters = new URL(url).searchParams
  let rest = url
  for (const name of Object.keys(query)) {
    for (const value of parameters.getAll(name)) rest = removeQuery(rest, { [name]: value })
  }
  return rest
}
