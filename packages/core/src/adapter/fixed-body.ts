import { isFormData, multipart } from './multipart.ts'

/**
 * The body as it is now, the same bytes each time it is sent: a copy of what the caller could still change. Strings,
 * Blobs and streams are returned as they are; so are the bodies of a library's own.
 */
export function fixedBody<Body>(body: Body): Body | Blob | URLSearchParams | Uint8Array<ArrayBuffer> {
  if (typeof body !== 'object' || body === null) return body
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body
    // `slice` of a Buffer would share its memory.
    return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength))
  }
  switch (Object.prototype.toString.call(body)) {
    case '[object ArrayBuffer]':
      return new Uint8Array(new Uint8Array(body as unknown as ArrayBuffer))
    case '[object URLSearchParams]':
      return new URLSearchParams(String(body))
    case '[object FormData]':
      return isFormData(body) ? multipart(body) : copyOfForm(body as unknown as FormData)
    default:
      return body
  }
}

/** A copy of a form whose files only its own library can read. */
function copyOfForm<Body>(body: FormData): Body {
  if (!(Symbol.iterator in body)) return body as Body
  const copy: FormData = Reflect.construct(body.constructor, [])
  for (const [name, value] of body) copy.append(name, value)
  return copy as Body
}
