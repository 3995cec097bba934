import type { IncomingMessage } from 'node:http'

/** The bytes of a request's body, or why they cannot be read. */
export type BodyReading =
  | { readonly bytes: Uint8Array }
  /** It is longer than was allowed. */
  | { readonly problem: 'too_large' }
  /** Somebody has read it before, and kept no copy of the bytes. */
  | { readonly problem: 'consumed' }

/** Reads the body of a Fetch request and leaves it to be read again. */
export async function readFetchBody(request: Request, limit: number): Promise<BodyReading> {
  if (request.bodyUsed) return { problem: 'consumed' }
  if (request.body === null) return { bytes: new Uint8Array() }
  const reader = request.clone().body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const chunks: Uint8Array[] = []
  let length = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.byteLength
    if (length > limit) {
      reader.cancel().catch(() => {})
      return { problem: 'too_large' }
    }
    chunks.push(next.value)
  }
  return { bytes: Buffer.concat(chunks) }
}

/**
 * Reads the body of a Node request and puts it back, so that a body parser or the route reads it as if for the first
 * time. `holders` are the objects on which a framework may have kept the raw bytes as `rawBody`, or a Buffer as `body`.
 */
export async function readNodeBody(
  message: IncomingMessage,
  limit: number,
  holders: readonly unknown[],
): Promise<BodyReading> {
  const kept = holders.map(keptBytes).find((bytes) => bytes !== undefined)
  if (kept !== undefined) return kept.byteLength > limit ? { problem: 'too_large' } : { bytes: kept }
  const { 'content-length': announced, 'transfer-encoding': coding } = message.headers ?? {}
  if (coding === undefined && !(Number(announced) > 0)) return { bytes: new Uint8Array() }
  if (Number(announced) > limit) return { problem: 'too_large' }
  if (message.readableDidRead !== false || message.readableEnded !== false) return { problem: 'consumed' }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const stop = (): void => {
      message.off('readable', drain).off('error', fail).off('close', fail)
    }
    const fail = (error?: unknown): void => {
      stop()
      reject(error ?? new Error('the request ended before its body did'))
    }
    const drain = (): void => {
      for (let chunk = message.read() as Buffer | null; chunk !== null; chunk = message.read() as Buffer | null) {
        length += chunk.byteLength
        if (length > limit) {
          stop()
          resolve({ problem: 'too_large' })
          return
        }
        chunks.push(chunk)
      }
      if (!message.complete) return
      stop()
      const bytes = Buffer.concat(chunks)
      // In the same tick as the last read: what is put back keeps the stream from ending.
      if (bytes.byteLength > 0) message.unshift(bytes)
      resolve({ bytes })
    }
    message.on('readable', drain).on('error', fail).on('close', fail)
    drain()
  })
}

function keptBytes(holder: unknown): Uint8Array | undefined {
  if (typeof holder !== 'object' || holder === null) return undefined
  const { rawBody, body } = holder as { rawBody?: unknown; body?: unknown }
  if (rawBody instanceof Uint8Array) return rawBody
  if (typeof rawBody === 'string') return Buffer.from(rawBody)
  return body instanceof Uint8Array ? body : undefined
}
