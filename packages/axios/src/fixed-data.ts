import { fixedBody, formBoundary, isFormData, multipart } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import type { AxiosHeaders } from 'axios'
import type { Transport } from './transport.ts'

/** A body as it is now, and the headers that describe it, where they have to be set. */
export interface FixedData {
  readonly data: unknown
  readonly describe?: (headers: AxiosHeaders) => void
}

// What axios takes for the caller's own boundary.
const BOUNDARY = /boundary=[-_\w]{10,70}/i
const boundaries = new WeakMap<object, string>()

/**
 * The bytes of the call, the same for a replay or retry: a copy of what the caller can still change, and for a form a
 * boundary that stays, which axios would choose again for each send. Streams are left as they are.
 */
export function fixedData(data: unknown, headers: AxiosHeaders, transport: Transport): FixedData {
  if (typeof data !== 'object' || data === null || !(transport === 'http' || transport === 'fetch')) return { data }
  if (isFormData(data)) return fixedForm(data, headers, transport)
  if (transport === 'fetch' && isFormPackage(data)) return formPackage(data)
  // As the http adapter describes it.
  if (transport === 'fetch' && data instanceof Blob) {
    return { data, describe: (own) => own.setContentType(data.type || 'application/octet-stream') }
  }
  const fixed = fixedBody(data)
  // The http adapter takes bytes as a Buffer only.
  const isBytes = transport === 'http' && fixed instanceof Uint8Array
  return { data: isBytes ? Buffer.from(fixed.buffer, fixed.byteOffset, fixed.byteLength) : fixed }
}

function fixedForm(form: FormData, headers: AxiosHeaders, transport: Transport): FixedData {
  const isChosen = BOUNDARY.test(String(headers.getContentType()))
  if (transport === 'fetch' && !isChosen) {
    const message = multipart(form, boundaryOf(form))
    return { data: message, describe: (own) => own.setContentType(message.type) }
  }
  const copy: FormData = Reflect.construct(form.constructor, [])
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value)
    else copy.append(name, value, value.name)
  }
  if (isChosen) return { data: copy }
  const type = `multipart/form-data; boundary=${boundaryOf(form)}`
  return { data: copy, describe: (own) => own.setContentType(type) }
}

function boundaryOf(form: FormData): string {
  const boundary = boundaries.get(form) ?? formBoundary()
  boundaries.set(form, boundary)
  return boundary
}

/** A form of the package form-data, which axios makes of an object, too. */
interface FormPackage {
  getBuffer(): Uint8Array<ArrayBuffer>
  getHeaders(): Record<string, string>
}

function isFormPackage(data: object): data is FormPackage {
  return 'getBuffer' in data && 'getHeaders' in data && typeof data.getBuffer === 'function'
}

/**
 * axios' fetch adapter would send its name instead of its content.
 *
 * @throws ConfigurationError for a form with a stream in it.
 */
function formPackage(form: FormPackage): FixedData {
  try {
    const data = new Uint8Array(form.getBuffer())
    return { data, describe: (own) => own.set(form.getHeaders()) }
  } catch (cause) {
    throw new ConfigurationError(
      'data',
      "cannot be a form of the package form-data with a stream in it for axios' fetch adapter; use FormData, or the " +
        'http adapter',
      { cause },
    )
  }
}
