// @auth/core/options: how every package checks its options. For those who write an adapter, a guard or a store.
import type { Clock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'

/**
 * Checks one value; `option` is the name the user knows it by. `undefined` passes, unless the check is `required`.
 *
 * @throws ConfigurationError that names the option.
 */
export type Check = (value: unknown, option: string) => void

/** One table for each factory: its keys are the known options, its values check them. */
export type Checks<Options> = { readonly [Name in keyof Required<Options>]: Check }

/**
 * Checks the options of a factory against its table.
 *
 * @throws ConfigurationError for the first option that is unknown or wrong, naming it.
 *
 * @example
 * const OPTIONS = { timeout: milliseconds(), fetch: callable } satisfies Checks<Options>
 * checkOptions(options, OPTIONS, 'oauth2')
 */
export function checkOptions<Options extends object>(
  options: Options,
  checks: Checks<Options>,
  factory: string,
): asserts options is Options {
  checkMembers(options, checks as Record<string, Check>, factory)
}

function checkMembers(value: unknown, checks: Record<string, Check>, owner: string, path = ''): void {
  const names = Object.keys(checks)
  if (!isPlain(value)) {
    throw new ConfigurationError(
      path === '' ? 'options' : path,
      `must be an object with ${names.join(', ')}, not ${kindOf(value)}`,
    )
  }
  const prefix = path === '' ? '' : `${path}.`
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(checks, name)) throw unknownName(`${prefix}${name}`, name, names, owner)
  }
  for (const name of names) checks[name]?.(Reflect.get(value, name), `${prefix}${name}`)
}

/** The error for a name that nobody reads, with the nearest known one. */
export function unknownName(
  option: string,
  name: string,
  known: readonly string[],
  owner: string,
  noun = 'an option',
): ConfigurationError {
  const near = nearest(name, known)
  const hint = near === undefined ? '' : `; did you mean \`${near}\`?`
  const list = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`
  return new ConfigurationError(option, `is not ${noun} of ${owner}${hint} (${list})`)
}

/** A check of one's own: `what` completes "must be …". */
export function must(what: string, test: (value: unknown) => boolean): Check {
  return (value, option) => {
    if (value !== undefined && !test(value)) {
      throw new ConfigurationError(option, `must be ${what}, not ${kindOf(value)}`)
    }
  }
}

/** The option has to be there. */
export function required(check: Check): Check {
  return (value, option) => {
    if (value === undefined) throw new ConfigurationError(option, 'is missing')
    check(value, option)
  }
}

/** Anything: another part of the factory checks it. */
export const anything: Check = () => {}

export const text: Check = must('a non-empty string', (value) => typeof value === 'string' && value !== '')

// 'false', the string, would count as true.
export const flag: Check = must('true or false', (value) => typeof value === 'boolean')

export const callable: Check = must('a function', (value) => typeof value === 'function')

/** What timers take; a longer time would end at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1

/** A time in ms above zero. */
export function milliseconds(most: number = Number.MAX_SAFE_INTEGER): Check {
  return must(
    `a positive number of milliseconds, at most ${most}`,
    (value) => typeof value === 'number' && value > 0 && value <= most,
  )
}

/** A whole number between `least` and `most`. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER): Check {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  return must(
    `an integer ${range}`,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  )
}

/** One of these values. */
export function choice(...values: readonly (string | number | boolean)[]): Check {
  return must(`one of ${values.join(', ')}`, (value) => (values as readonly unknown[]).includes(value))
}

/** An array whose members pass `check`; `option[2]` is named in the error. */
export function listOf(check: Check, { least = 0 }: { least?: number } = {}): Check {
  return (value, option) => {
    if (value === undefined) return
    if (!Array.isArray(value) || value.length < least) {
      throw new ConfigurationError(
        option,
        `must be ${least > 0 ? 'a non-empty array' : 'an array'}, not ${kindOf(value)}`,
      )
    }
    for (const [i, item] of value.entries()) required(check)(item, `${option}[${i}]`)
  }
}

/** An object with these members and no others; `option.member` is named in the error. */
export function shape<Members extends object>(checks: Checks<Members>): Check {
  return (value, option) => {
    if (value !== undefined) checkMembers(value, checks as Record<string, Check>, option, option)
  }
}

/** An object, or a class such as `Date`, that has these methods, whatever else it has. */
export function methods(what: string, ...names: readonly string[]): Check {
  return must(
    what,
    (value) =>
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      names.every((name) => typeof Reflect.get(value, name) === 'function'),
  )
}

export const aClock: Check = methods(
  'an object with the methods now, monotonic and delay',
  ...(['now', 'monotonic', 'delay'] satisfies (keyof Clock)[]),
)

/** What everything with events takes. */
export const EVENT_OPTIONS: { readonly id: Check; readonly onEvent: Check; readonly clock: Check } = {
  id: text,
  onEvent: callable,
  clock: aClock,
}

/** The kind of a value, never the value: it may be a secret. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (value === '') return 'an empty string'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'number') return Number.isFinite(value) ? `the number ${value}` : String(value)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The known name that a misspelt one most likely stands for. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map(
    (candidate) => [distance(name.toLowerCase(), candidate.toLowerCase()), candidate] as const,
  )
  const [best] = distances.sort(([a], [b]) => a - b)
  return best !== undefined && best[0] <= Math.max(2, name.length / 3) ? best[1] : undefined
}

/** Levenshtein's distance. Eight lines of our own: a library would be in every bundle, for one message. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + (a[i] === b[j] ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
