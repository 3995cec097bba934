import type { IncomingHttpHeaders } from 'node:http'

/** Values of a template's placeholders, such as `{clientId}`. */
export type Values = Readonly<Record<string, string>>

/** A request as a carrier's description has it, taken apart. Texts may hold placeholders. */
export interface RequestTemplate {
  readonly method: string
  readonly path: string
  readonly query: readonly (readonly [name: string, value: string])[]
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Parameters of a form, members of JSON, or a text; `undefined` without a body. */
  readonly body: Body | undefined
}

export type Body =
  | { readonly form: readonly (readonly [name: string, value: string])[] }
  | { readonly json: unknown }
  | { readonly text: string }

/** A request as it arrived, as far as templates look at it. */
export interface Arrived {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The body as it came. */
  readonly bytes: Uint8Array
  /** Of the client. */
  readonly address: string
}

/** Reads `METHOD /path?query`, header lines, an empty line and the body. */
export function parseTemplate(lines: readonly string[]): RequestTemplate {
  const [first = '', ...rest] = lines
  const [method = 'GET', target = '/'] = first.split(' ')
  const end = rest.indexOf('')
  const headers = (end === -1 ? rest : rest.slice(0, end)).map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  const [path = '/', query = ''] = target.split('?')
  const text = end === -1 ? '' : rest.slice(end + 1).join('\n')
  return { method, path, query: [...new URLSearchParams(query)], headers, body: parseBody(text, contentType(headers)) }
}

function parseBody(text: string, type: string): Body | undefined {
  if (text === '') return undefined
  if (type.includes('json')) return { json: JSON.parse(text) }
  return type.includes('x-www-form-urlencoded') ? { form: [...new URLSearchParams(text)] } : { text }
}

function contentType(headers: readonly (readonly [string, string])[]): string {
  return headers.find(([name]) => name === 'content-type')?.[1] ?? ''
}

/** Puts the values in; `base64(…)` is applied to what is inside. A name without a value stays as it is. */
export function render(text: string, values: Values): string {
  const filled = text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  )
  return filled.replace(/base64\(([^)]*)\)/g, (_, inner: string) => Buffer.from(inner).toString('base64'))
}

/** A value as JSON may have it, with every text in it rendered. */
export function renderDeep(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const text = render(value, values)
    // A lone `{now}` is a number.
    return value === '{now}' ? Number(text) : text
  }
  if (Array.isArray(value)) return value.map((item) => renderDeep(item, values))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, renderDeep(member, values)]))
}

/** Whether the request has the headers of the template. */
export function headersMatch({ headers }: RequestTemplate, arrived: Arrived, values: Values): boolean {
  return headers.every(([name, value]) => headerMatches(name, render(value, values), arrived.headers[name]))
}

function headerMatches(name: string, wanted: string, got: string | string[] | undefined): boolean {
  if (typeof got !== 'string') return false
  if (name === 'content-type') return mediaType(got) === mediaType(wanted)
  // What a client prefers is its own business, as long as the wanted type is among it.
  if (name === 'accept') return got.includes(wanted) || got.includes('*/*')
  return got.trim() === wanted
}

function mediaType(value: string): string {
  return (value.split(';')[0] ?? '').trim().toLowerCase()
}

/** Whether the request has the query parameters of the template, and body parameters where it has any. */
export function parametersMatch({ query, body }: RequestTemplate, arrived: Arrived, values: Values): boolean {
  const same = (wanted: readonly (readonly [string, string])[], got: URLSearchParams): boolean =>
    wanted.every(([name, value]) => got.getAll(name).length === 1 && got.get(name) === render(value, values))
  if (!same(query, arrived.query)) return false
  if (body === undefined) return true
  if ('form' in body) return same(body.form, new URLSearchParams(arrived.body))
  if ('text' in body) return arrived.body === render(body.text, values)
  return jsonHas(parseJson(arrived.body), renderDeep(body.json, values))
}

/** Whether `got` has all that `wanted` has; further members do not matter. */
function jsonHas(got: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return got === wanted
  if (typeof got !== 'object' || got === null) return false
  return Object.entries(wanted).every(
    ([name, member]) => Object.hasOwn(got, name) && jsonHas(Reflect.get(got, name), member),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether the template's own path, or a path below the same first segment, is meant. */
export function pathCloseness({ path }: RequestTemplate, arrived: string): number {
  const [own, other] = [segments(path), segments(arrived)]
  let shared = 0
  while (shared < own.length && own[shared] === other[shared]) shared++
  return shared
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}
