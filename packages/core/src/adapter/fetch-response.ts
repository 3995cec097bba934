import type { Credentials } from '../layer.ts'
import { removeQuery } from './query.ts'

// About what a new TLS connection costs on a usual line.
const SMALL = 256 * 1024

/** Reads a small body to its end, which frees the connection for the next request; a larger one is given up with it. */
export async function discard(response: Response): Promise<void> {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  let left = Number(response.headers.get('content-length')) > SMALL ? 0 : SMALL
  try {
    while (left > 0) {
      const { done, value } = await reader.read()
      if (done) return
      left -= value.byteLength
    }
    await reader.cancel()
  } catch {
    // The response is superseded: how its body ends changes nothing.
  }
}

/** The response as fetch itself would present it: told of redirects, and without the key in its URL. */
export function presentable(response: Response, query: Credentials['query'], redirected: boolean): Response {
  const url = removeQuery(response.url, query)
  if (url === response.url && !redirected) return response
  const clone = response.clone.bind(response)
  return Object.defineProperties(response, {
    url: { value: url },
    redirected: { value: redirected || response.redirected },
    clone: { value: () => presentable(clone(), query, redirected) },
  })
}
