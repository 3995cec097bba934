import { unheldTimeout } from '../clock.ts'
import { LONGEST_BODY, LONGEST_WAIT } from '../recover-on.ts'

/** The text of a response that stays readable; `undefined` for a body that is long, or slow, of which no more is read. */
export function peek(response: Response): Promise<string | undefined> | undefined {
  const length = response.headers.get('content-length')
  if (response.bodyUsed || Number(length) > LONGEST_BODY || typeof response.clone !== 'function') return undefined
  const copy = response.clone()
  if (typeof copy.body?.getReader === 'function') return beginning(copy.body.getReader())
  // The response of a library that has streams of Node.
  return length === null || copy.body === null ? undefined : copy.text()
}

async function beginning(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  let late = false
  // The connection is not free before both copies are: the caller's, and this one.
  const timer = unheldTimeout(() => {
    late = true
    reader.cancel().catch(() => {})
  }, LONGEST_WAIT)
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      bytes += next.value.byteLength
      if (bytes > LONGEST_BODY) return undefined
      text += decoder.decode(next.value, { stream: true })
    }
    return late ? undefined : text + decoder.decode()
  } finally {
    clearTimeout(timer)
    reader.cancel().catch(() => {})
  }
}
