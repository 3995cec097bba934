/**
 * Reads a response's body as UTF-8; `undefined` for one of more than `max` bytes after decoding, of which no more is
 * read.
 *
 * @throws TypeError for what is not UTF-8, where `fatal` asks for it.
 */
export async function boundedText(
  response: Response,
  max: number,
  { fatal = false } = {},
): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal })
  let text = ''
  let bytes = 0
  for await (const chunk of chunksOf(response.body)) {
    bytes += chunk.byteLength
    // Leaving the loop, be it by an error, cancels what is left.
    if (bytes > max) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** A web stream, also where it cannot be iterated (Safari), or the stream of Node that a fetch of the user's gives. */
async function* chunksOf(body: Response['body']): AsyncGenerator<Uint8Array> {
  if (body === null || body === undefined) return
  if (typeof body.getReader !== 'function') return yield* body as AsyncIterable<Uint8Array>
  const reader = body.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel().catch(() => {})
  }
}
