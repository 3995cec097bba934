import type { StoredEntry } from '@auth/core'

/** What is sealed: an entry, and when it was stored. */
export interface StoredRecord {
  /** Epoch ms by the server's clock. */
  readonly storedAt: number
  readonly entry: StoredEntry
}

const CODES = [
  'ERR_AUTH_CREDENTIALS_REJECTED',
  'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
  'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
  'ERR_AUTH_TOKEN_RESPONSE_INVALID',
]

// No token of a carrier lives longer, and no failure stands longer.
const LONGEST_TIME = 30 * 24 * 60 * 60 * 1000
const LONGEST_TEXT = 1024
const MOST_COUNTED = 1000

export function writeRecord({ storedAt, entry }: StoredRecord): string {
  return JSON.stringify({ storedAt: Math.round(storedAt), entry })
}

/**
 * The record that a text holds, with the known members only; `undefined` unless each is what it must be. Without an
 * encryption key anyone who can write to Redis can write a record, so times, counts and texts are bounded, and a
 * message has no characters that a terminal obeys.
 */
export function parseRecord(text: string): StoredRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value) || !isTime(value.storedAt)) return undefined
  const entry = readEntry(value.entry)
  return entry === undefined ? undefined : { storedAt: value.storedAt, entry }
}

function readEntry(value: unknown): StoredEntry | undefined {
  if (!isObject(value)) return undefined
  const { writtenAt, token, failure, rejections, outages } = value
  if (
    !isTime(writtenAt) ||
    !optional(isToken)(token) ||
    !optional(isFailure)(failure) ||
    !optional(isCount)(rejections) ||
    !optional(isCount)(outages)
  ) {
    return undefined
  }
  return defined({
    writtenAt,
    token: token && boundedToken(token, writtenAt),
    failure: failure && boundedFailure(failure, writtenAt),
    rejections: rejections && Math.min(rejections, MOST_COUNTED),
    outages: outages && Math.min(outages, MOST_COUNTED),
  })
}

type StoredToken = NonNullable<StoredEntry['token']>
type StoredFailure = NonNullable<StoredEntry['failure']>

function boundedToken({ value, expiresAt, lifetime, scope }: StoredToken, writtenAt: number): StoredToken {
  return defined({
    value,
    expiresAt: Math.min(expiresAt, writtenAt + LONGEST_TIME),
    lifetime: Math.min(lifetime, LONGEST_TIME),
    scope: scope && printable(scope),
  })
}

function boundedFailure(failure: StoredFailure, writtenAt: number): StoredFailure {
  const { code, message, retryAt, status, error, background } = failure
  return defined({
    code,
    message: printable(message),
    retryAt: Math.min(retryAt, writtenAt + LONGEST_TIME),
    status,
    error: error && printable(error),
    background,
  })
}

/** Without escape codes and changes of direction, and cut where it is long. Line feeds stay. */
function printable(text: string): string {
  return text.replace(/[^\P{C}\n]+|[\p{Zl}\p{Zp}]+/gu, ' ').slice(0, LONGEST_TEXT)
}

function isToken(value: unknown): value is StoredToken {
  return (
    isObject(value) &&
    // A header field carries nothing else unchanged.
    typeof value.value === 'string' &&
    /^[\x21-\x7e]+$/.test(value.value) &&
    isTime(value.expiresAt) &&
    isTime(value.lifetime) &&
    optional(isString)(value.scope)
  )
}

function isFailure(value: unknown): value is StoredFailure {
  return (
    isObject(value) &&
    CODES.includes(value.code as string) &&
    isString(value.message) &&
    isTime(value.retryAt) &&
    optional(isStatus)(value.status) &&
    optional(isString)(value.error) &&
    optional(isFlag)(value.background)
  )
}

/** The members that are not `undefined`. */
function defined<T extends object>(members: { [Name in keyof T]: T[Name] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0
}

function isStatus(value: unknown): value is number {
  return isCount(value) && value <= 999
}

function optional<T>(check: (value: unknown) => value is T): (value: unknown) => value is T | undefined {
  return (value): value is T | undefined => value === undefined || check(value)
}
