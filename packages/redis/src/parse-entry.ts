import type { StoredEntry } from '@auth/core'

const CODES = [
  'ERR_AUTH_CREDENTIALS_REJECTED',
  'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
  'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
  'ERR_AUTH_TOKEN_RESPONSE_INVALID',
]

/** The entry that a text says; `undefined` unless every member is what it must be. */
export function parseEntry(text: string): StoredEntry | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isEntry(value) ? value : undefined
}

function isEntry(value: unknown): value is StoredEntry {
  return (
    isObject(value) &&
    isTime(value.writtenAt) &&
    optional(isToken)(value.token) &&
    optional(isFailure)(value.failure) &&
    optional(isCount)(value.rejections) &&
    optional(isCount)(value.outages)
  )
}

function isToken(value: unknown): boolean {
  return (
    isObject(value) &&
    // What no header field carries unchanged is no token.
    typeof value.value === 'string' &&
    /^[\x21-\x7e]+$/.test(value.value) &&
    isTime(value.expiresAt) &&
    isTime(value.lifetime) &&
    optional(isString)(value.scope)
  )
}

function isFailure(value: unknown): boolean {
  return (
    isObject(value) &&
    CODES.includes(value.code as string) &&
    isString(value.message) &&
    isTime(value.retryAt) &&
    optional(isCount)(value.status) &&
    optional(isString)(value.error) &&
    optional(isFlag)(value.background)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isString(value: unknown): boolean {
  return typeof value === 'string'
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}

function optional(check: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || check(value)
}
