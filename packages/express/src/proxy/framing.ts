import { type IncomingMessageLike, inboundRequest } from '@auth/core/verify'

/** How a request's body is delimited on the way to the carrier. */
export interface Framing {
  /** The fields that delimit it, set afresh; none without a body. */
  readonly headers: Readonly<Record<string, string>>
  readonly hasBody: boolean
  /** Bytes; `undefined` when the body is chunked or absent. */
  readonly length: number | undefined
}

const NO_BODY: Framing = { headers: {}, hasBody: false, length: undefined }
const CHUNKED: Framing = { headers: { 'transfer-encoding': 'chunked' }, hasBody: true, length: undefined }

/**
 * Reads the framing off the lines that came over the wire, whatever `Connection` names and whatever middleware did to
 * `headers`. `undefined` when two readers could disagree about where the body ends (RFC 9112 section 6.3), which Node's
 * parser lets pass under `insecureHTTPParser`.
 */
export function framingOf(
  request: IncomingMessageLike & { readonly httpVersionMajor: number; readonly httpVersionMinor: number },
): Framing | undefined {
  const { header } = inboundRequest(request)
  const codings = header('transfer-encoding')
  const lengths = header('content-length')
  if (request.httpVersionMajor > 1 || codings.length + lengths.length > 1) return undefined
  const [coding] = codings
  if (coding !== undefined) {
    return coding.toLowerCase() === 'chunked' && request.httpVersionMinor !== 0 ? CHUNKED : undefined
  }
  const [length] = lengths
  if (length === undefined) return NO_BODY
  if (!/^\d{1,15}$/.test(length)) return undefined
  return { headers: { 'content-length': length }, hasBody: Number(length) > 0, length: Number(length) }
}
