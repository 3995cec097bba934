/**
 * Whether a body is a form by the standard, of which clients make another message, with another boundary, each time they
 * send it. One whose files are a library's own is not: only that library can read them.
 */
export function isFormData(body: unknown): body is FormData {
  if (Object.prototype.toString.call(body) !== '[object FormData]') return false
  const form = body as FormData
  return Symbol.iterator in form && [...form].every(([, value]) => typeof value === 'string' || value instanceof Blob)
}

/** A boundary for a form, in lower case as the type of a `Blob` is. */
export function formBoundary(): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0'))
  return `----formdata-${random.join('')}`
}

/**
 * The message that a form is sent as, which is the same whenever it is sent. Files are referred to, not read.
 *
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
 */
export function multipart(form: FormData, boundary = formBoundary()): Blob {
  const parts = [...form].flatMap(([name, value]) => {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(withCrlf(name))}"`
    if (typeof value === 'string') return [`${head}\r\n\r\n${withCrlf(value)}\r\n`]
    // Bun leaves a Blob without the name that the standard gives it.
    const fileHead = `${head}; filename="${escaped(value.name ?? 'blob')}"`
    return [`${fileHead}\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`, value, '\r\n']
  })
  return new Blob([...parts, `--${boundary}--\r\n`], { type: `multipart/form-data; boundary=${boundary}` })
}

const withCrlf = (text: string): string => text.replace(/\r\n?|\n/g, '\r\n')

const escaped = (name: string): string => name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
