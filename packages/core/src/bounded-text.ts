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
  const reader = response.body?.getReader()
  let text = ''
  let bytes = 0
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    if (bytes > max) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
  return text + decoder.decode()
}
