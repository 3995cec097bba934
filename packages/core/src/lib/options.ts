import type { Clock } from '../clock.ts'
import { ConfigurationError } from '../errors.ts'

/** Refuses an option that nobody reads: a slip of the pen, most likely. `of` is what takes the options. */
export function knownOptions(options: unknown, known: readonly string[], of: string): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError('options', `must be an object: ${of} takes ${known.join(', ')}`)
  }
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new ConfigurationError(name, `is no option of ${of}; it takes ${known.join(', ')}`)
  }
}

/** The options that everything with events has; each may be absent. */
export function observable(options: { id?: unknown; onEvent?: unknown; clock?: unknown }): void {
  text(options.id, 'id')
  callable(options.onEvent, 'onEvent')
  const clock = options.clock as Partial<Clock> | undefined
  if (
    clock !== undefined &&
    ['now', 'monotonic', 'delay'].some((name) => typeof clock?.[name as keyof Clock] !== 'function')
  ) {
    throw new ConfigurationError('clock', 'must have the methods now, monotonic and delay')
  }
}

export function text(value: unknown, option: string): void {
  if (value !== undefined && (typeof value !== 'string' || value === '')) {
    throw new ConfigurationError(option, 'must be a non-empty string')
  }
}

export function flag(value: unknown, option: string): void {
  // 'false', the string, would count as true.
  if (value !== undefined && typeof value !== 'boolean') throw new ConfigurationError(option, 'must be true or false')
}

export function callable(value: unknown, option: string): void {
  if (value !== undefined && typeof value !== 'function') throw new ConfigurationError(option, 'must be a function')
}

/** What timers take; a longer time would end at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

export function milliseconds(value: unknown, option: string, most = Number.MAX_SAFE_INTEGER): void {
  if (value !== undefined && (typeof value !== 'number' || !(value > 0 && value <= most))) {
    throw new ConfigurationError(option, `must be a positive number of milliseconds, at most ${most}`)
  }
}
