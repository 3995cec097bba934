import { ConfigurationError } from '../../errors.ts'

/** Checks an option that is a string or a list of strings, none empty. */
export function stringList(value: unknown, option: string): string[] {
  const list = Array.isArray(value) ? value : [value]
  if (list.length === 0 || list.some((item) => typeof item !== 'string' || item === '')) {
    throw new ConfigurationError(option, 'must be a non-empty string, or a list of them')
  }
  return [...list]
}

/** Checks an option that is a scope: tokens with spaces between them (RFC 6749 section 3.3), or a list of tokens. */
export function scopeList(value: unknown, option: string): string[] {
  return value === undefined ? [] : stringList(typeof value === 'string' ? value.split(' ') : value, option)
}
