import type { Clock } from './clock.ts'
import { isThenable, type MaybePromise } from './lib/maybe-promise.ts'
import { type Check, must } from './lib/options.ts'

/**
 * An answer of the API as an adapter hands it over to be judged. All but the status may be missing: a download that is
 * streamed is judged by status and headers alone.
 */
export interface ApiAnswer {
  readonly status: number
  /** `Headers`, or a record of them. */
  readonly headers?: Headers | object | undefined
  /**
   * The body as text, or `undefined` where it is longer than 64 KiB or a stream. Called at most once, before `recover`
   * returns its promise, and only if a pattern needs it; the caller must still get the whole body. More than 1 s is not
   * waited for. What is no function, such as the stream of a `Response`, is left alone.
   */
  readonly body?: (() => MaybePromise<string | undefined>) | object | null
  /** Whether this answers the request that was sent once more. What it refuses is then only remembered. Default `false`. */
  readonly replayed?: boolean
}

/**
 * Describes answers that a new credential may cure: everything given must match.
 *
 * @example
 * { status: 401, error: { 'error.errors.0.title': 'invalid_token' } }
 */
export interface RecoverPattern {
  /** 400 to 599. Default: any of them. */
  readonly status?: number | readonly number[]
  /** The whole value of a response header, or what it has to look like. */
  readonly header?: { readonly [name: string]: string | RegExp }
  /**
   * The member `error` of a JSON body or of a Bearer challenge (RFC 6750 section 3), or other members of the body by
   * their path, such as `response.errors.0.code`. Numbers are compared as text.
   */
  readonly error?: string | readonly string[] | { readonly [path: string]: string | readonly string[] }
}

/** A status, or a pattern. */
export type RecoverOn = number | RecoverPattern

export const checkRecoverOn: Check = must(
  'a list of HTTP statuses between 400 and 599, or of patterns: { status?, header?, error? }',
  (list) => Array.isArray(list) && list.every((item) => isFailure(item) || isPattern(item)),
)

/** The longest body that is looked into, in bytes. */
export const LONGEST_BODY: number = 64 * 1024
/** How long a body is waited for, in ms. */
export const LONGEST_WAIT: number = 1000

/** Judges answers by patterns; synchronous unless the body has to be read. */
export function judge(
  patterns: readonly RecoverOn[],
  clock: Pick<Clock, 'delay'>,
): (answer: ApiAnswer) => MaybePromise<boolean> {
  return (answer) => {
    const { status, headers } = answer
    if (status < 400) return false
    const open = patterns
      .map((pattern): RecoverPattern => (typeof pattern === 'number' ? { status: pattern } : pattern))
      .filter((pattern) => matchesHead(pattern, status, headers))
    if (open.length === 0) return false
    const errors = open.map(({ error }) => error)
    if (errors.some((error) => error === undefined || matchesChallenge(error, headers))) return true
    const { body } = answer
    const text: MaybePromise<string | undefined> =
      typeof body === 'function' ? Reflect.apply(body, answer, []) : undefined
    if (!isThenable(text)) return errors.some((error) => matchesBody(error, text))
    return within(clock, text).then((body) => errors.some((error) => matchesBody(error, body)))
  }
}

function matchesHead({ status, header = {} }: RecoverPattern, actual: number, headers: ApiAnswer['headers']): boolean {
  if (status !== undefined && ![status].flat().includes(actual)) return false
  return Object.entries(header).every(([name, wanted]) => {
    const value = headerOf(headers, name)
    if (value === undefined) return false
    // `search` and not `test`, which remembers where a global pattern matched last.
    return typeof wanted === 'string' ? value === wanted : value.search(wanted) !== -1
  })
}

function matchesChallenge(error: RecoverPattern['error'], headers: ApiAnswer['headers']): boolean {
  if (!isList(error)) return false
  const given = /(?:^|[\s,])error="?([\w.-]+)/i.exec(headerOf(headers, 'www-authenticate') ?? '')?.[1]
  return given !== undefined && [error].flat().includes(given)
}

function matchesBody(error: RecoverPattern['error'], text: string | undefined): boolean {
  if (text === undefined || text.length > LONGEST_BODY) return false
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return false
  }
  const members = isList(error) ? { error } : (error ?? {})
  return Object.entries(members).every(([path, wanted]) => {
    const value = memberOf(json, path)
    return (typeof value === 'string' || typeof value === 'number') && [wanted].flat().includes(String(value))
  })
}

function isList(error: RecoverPattern['error']): error is string | readonly string[] {
  return typeof error === 'string' || Array.isArray(error)
}

function memberOf(json: unknown, path: string): unknown {
  let value = json
  for (const member of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined
    value = Reflect.get(value, member)
  }
  return value
}

/** Clients have header objects of their own: what has a method `get` is asked, everything else is a record. */
function headerOf(headers: ApiAnswer['headers'], name: string): string | undefined {
  if (headers === undefined || headers === null) return undefined
  const wanted = name.toLowerCase()
  const get = Reflect.get(headers, 'get')
  const value: unknown =
    typeof get === 'function'
      ? get.call(headers, wanted)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === wanted)?.[1]
  if (value === undefined || value === null || value === false) return undefined
  return Array.isArray(value) ? value.join(', ') : String(value)
}

/** The text, if it is there in time; a body that breaks off says nothing. */
async function within(clock: Pick<Clock, 'delay'>, text: Promise<string | undefined>): Promise<string | undefined> {
  const done = new AbortController()
  const late = clock.delay(LONGEST_WAIT, done.signal).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([Promise.resolve(text).catch(() => undefined), late])
  } finally {
    done.abort()
  }
}

function isFailure(status: unknown): boolean {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599
}

function isPattern(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { status, header, error, ...unknown } = value as Record<keyof RecoverPattern, unknown>
  return (
    Object.keys(unknown).length === 0 &&
    (status !== undefined || header !== undefined || error !== undefined) &&
    (status === undefined || isSome(status, isFailure)) &&
    (header === undefined || isRecord(header, (wanted) => typeof wanted === 'string' || wanted instanceof RegExp)) &&
    (error === undefined || isSome(error, isText) || isRecord(error, (wanted) => isSome(wanted, isText)))
  )
}

function isSome(value: unknown, test: (item: unknown) => boolean): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(test) : test(value)
}

function isRecord(value: unknown, test: (item: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return entries.length > 0 && entries.every(([name, item]) => name !== '' && test(item))
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
