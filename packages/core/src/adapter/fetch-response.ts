import type { Credentials } from '../layer.ts'
import { removeQuery } from './query.ts'

// About what a new TLS connection costs on a usual line: more bytes, or more ms, than this are not worth the old one.
const SMALL = 256 * 1024
const SOON = 100

/**
 * Reads a small body to its end, which frees the connection for the next request. One that is larger than 256 KiB, or
 * takes longer than 100 ms, is cancelled, and its connection with it.
 */
export async function discard(response: Response): Promise<void> {
  try {
    const body = sourceOf(response.body)
    if (body === undefined) return
    const length = Number(response.headers.get('content-length'))
    if (length > SMALL || !(await endsSoon(body))) body.cancel()?.catch(() => {})
  } catch {
    // The response is superseded: how its body ends changes nothing.
  }
}

interface Source {
  read(): Promise<{ readonly done?: boolean | undefined; readonly value?: { readonly byteLength: number } | undefined }>
  cancel(): Promise<unknown> | undefined
}

function sourceOf(body: unknown): Source | undefined {
  if (body === null || body === undefined) return undefined
  if (typeof (body as ReadableStream).getReader === 'function') return (body as ReadableStream).getReader()
  // node-fetch has a stream of Node's.
  const stream = body as { destroy?(): void } & AsyncIterable<Uint8Array>
  const chunks = stream[Symbol.asyncIterator]()
  return {
    read: () => chunks.next(),
    cancel() {
      stream.destroy?.()
      return undefined
    },
  }
}

async function endsSoon(body: Source): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), SOON)
  })
  return Promise.race([isSmall(body), late]).finally(() => clearTimeout(timer))
}

async function isSmall(body: Source): Promise<boolean> {
  for (let left = SMALL; left > 0; ) {
    const { done, value } = await body.read()
    if (done) return true
    left -= value?.byteLength ?? 0
  }
  return false
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
