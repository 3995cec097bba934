import type { IncomingMessage } from 'node:http'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

// Less than the second that a strategy waits for a body.
const LONGEST_WAIT = 900
const LONGEST_BODY = 64 * 1024

/**
 * The text of a short answer, which stays whole for who reads it next; `undefined` for a longer one, for one that does
 * not end soon, and for a content coding that is not known.
 */
export async function peekText(answer: IncomingMessage): Promise<string | undefined> {
  await arrived(answer)
  if (!answer.complete) return undefined
  // From Node 26 on, a read yields one part. All at once: without the last part back in place, the stream would end.
  const parts: Buffer[] = []
  while (answer.readableLength > 0) {
    const part: Buffer | null = answer.read()
    if (part === null) break
    parts.push(part)
  }
  if (parts.length === 0) return ''
  const bytes = Buffer.concat(parts)
  answer.unshift(bytes)
  try {
    return decoded(bytes, answer.headers['content-encoding'])
  } catch {
    return undefined
  }
}

/** Waits until the answer is there, or fills the buffer, or takes too long. */
function arrived(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      answer.off('readable', check)
      answer.off('close', done)
      resolve()
    }
    const check = (): void => {
      if (answer.complete || answer.readableLength >= answer.readableHighWaterMark) done()
    }
    const timer = setTimeout(done, LONGEST_WAIT).unref()
    answer.on('readable', check)
    answer.on('close', done)
    check()
  })
}

function decoded(bytes: Buffer, coding = 'identity'): string | undefined {
  if (bytes.length > LONGEST_BODY) return undefined
  const decode = CODINGS[coding.trim().toLowerCase()]
  return decode?.(bytes).toString('utf8')
}

const LIMIT = { maxOutputLength: LONGEST_BODY }
const CODINGS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes, LIMIT),
  'x-gzip': (bytes) => gunzipSync(bytes, LIMIT),
  deflate: (bytes) => inflateSync(bytes, LIMIT),
  br: (bytes) => brotliDecompressSync(bytes, LIMIT),
}
