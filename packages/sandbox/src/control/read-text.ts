import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'

const MOST_BYTES = 256 * 1024

/** @throws Problem 413 for a body above 256 KiB. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is not read: the connection ends with the answer.
    if (size > MOST_BYTES)
      throw new Problem(413, `the body is larger than ${MOST_BYTES} bytes`, { connection: 'close' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
