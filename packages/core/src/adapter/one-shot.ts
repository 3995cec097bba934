const READS_ITSELF_UP = ['pipe', 'getReader', 'next'] as const

/**
 * Whether a request body is used up by sending it (a stream, a generator, any async iterable) and so cannot be sent
 * again.
 */
export function isOneShot(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return typeof body === 'function'
  return Symbol.asyncIterator in body || READS_ITSELF_UP.some((method) => method in body)
}
