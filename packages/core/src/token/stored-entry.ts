import type { Clock } from '../clock.ts'
import { CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import { accessToken } from './access-token.ts'
import { reasonOf } from './block.ts'
import { errorCode } from './error-code.ts'
import { hardMargin } from './refresh-windows.ts'
import { LONGEST_LIFETIME } from './token-response.ts'
import type { AccessToken } from './token-source.ts'
import type { StoredEntry, VersionedEntry } from './token-store.ts'

export type StoredFailure = NonNullable<StoredEntry['failure']>

/** What was found under a key, with its times by this process's clock. */
export interface Found {
  readonly version: string | undefined
  readonly token: AccessToken | undefined
  readonly failure: StoredFailure | undefined
  /** Epoch ms at which it was written that nothing has failed: somebody has reset it, or found the credentials good. */
  readonly clearedAt: number | undefined
  readonly rejections: number
  readonly outages: number
}

const NOTHING: Found = {
  version: undefined,
  token: undefined,
  failure: undefined,
  clearedAt: undefined,
  rejections: 0,
  outages: 0,
}

/** Retry-After is believed up to a day, and no lock-out of a carrier is longer. */
export const LONGEST_BLOCK = 24 * 60 * 60 * 1000

/**
 * Reads what a store holds. Where the store says how old that is, the writer's clock need not agree with this one: a
 * token then ends when it ends, and a failure stands as long as it was meant to. What has reached its hard margin is no
 * token. Whoever can write to the store can write anything: nothing in an entry blocks an account for longer than
 * `longestBlock`, makes a token live longer than tokens do, or reaches a log unchecked.
 *
 * @param asked Epoch ms from before the store was asked.
 * @param clock This process's.
 */
export function readEntry(
  found: VersionedEntry | undefined,
  asked: number,
  clock: Clock,
  longestBlock = LONGEST_BLOCK,
): Found {
  // What a store of the user's own makes of an entry is not known here: a null, say, where there was nothing.
  if (typeof found?.entry !== 'object' || found.entry === null) return { ...NOTHING, version: found?.version }
  const { entry, version, age } = found
  const writtenAt = entry.writtenAt
  if (!Number.isFinite(writtenAt)) return { ...NOTHING, version }
  const ahead = age === undefined ? 0 : asked - age - writtenAt
  // Written in the future: the clock was set back since, or somebody else has written it.
  if (writtenAt + ahead > clock.now() + longestBlock) return { ...NOTHING, version }
  const wasWritten = Math.min(writtenAt + ahead, clock.now())
  const failure = failureIn(entry, wasWritten, longestBlock)
  return {
    version,
    token: tokenIn(entry, ahead, clock),
    failure,
    clearedAt: failure === undefined ? wasWritten : undefined,
    rejections: count(entry.rejections),
    outages: count(entry.outages),
  }
}

function failureIn(
  { failure, writtenAt }: StoredEntry,
  wasWritten: number,
  longest: number,
): StoredFailure | undefined {
  if (typeof failure !== 'object' || failure === null || !CODES.has(failure.code)) return undefined
  const { code, message, retryAt, status, error, background } = failure
  const meant = retryAt - writtenAt
  // NaN and what lies in the past count as over.
  const left = meant > 0 ? Math.min(meant, longest) : 0
  const safeError = errorCode(error)
  return {
    code,
    message: plainText(message) ?? 'a token request of another process failed',
    retryAt: Math.ceil(wasWritten + left),
    ...(isStatus(status) && { status }),
    ...(safeError !== undefined && { error: safeError }),
    ...(background === true && { background }),
  }
}

const CODES: ReadonlySet<unknown> = new Set<StoredFailure['code']>([
  'ERR_AUTH_CREDENTIALS_REJECTED',
  'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED',
  'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
  'ERR_AUTH_TOKEN_RESPONSE_INVALID',
])
// More is not what a token endpoint answers with.
const LONGEST_TOKEN = 256 * 1024
const LONGEST_TEXT = 1000
const MOST_FAILURES = 1000

/** Text that a log may show: short, and without the control characters that steer a terminal. */
function plainText(text: unknown): string | undefined {
  return typeof text === 'string' &&
    text !== '' &&
    text.length <= LONGEST_TEXT &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)
    ? text
    : undefined
}

function count(value: unknown): number {
  return Number.isInteger(value) && Number(value) >= 0 ? Math.min(Number(value), MOST_FAILURES) : 0
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 599
}

function tokenIn({ token }: StoredEntry, ahead: number, clock: Clock): AccessToken | undefined {
  if (typeof token?.value !== 'string' || token.value.length > LONGEST_TOKEN) return undefined
  if (!/^[\x21-\x7e]+$/.test(token.value)) return undefined
  const { value, scope } = token
  const now = clock.now()
  const lifetime = Math.min(token.lifetime, LONGEST_LIFETIME)
  // A positive difference may also be a write that was under way for long: it makes no token live longer.
  const expiresAt = Math.min(token.expiresAt + Math.min(ahead, 0), now + lifetime)
  const left = expiresAt - now
  if (!(lifetime > 0 && left > hardMargin(lifetime))) return undefined
  // It was requested when it was, not when this process began to wait for it.
  const sentAt = clock.monotonic() + left - lifetime
  const safeScope = plainText(scope)
  return accessToken({ value, expiresAt, lifetime, ...(safeScope !== undefined && { scope: safeScope }) }, sentAt)
}

export function storedToken(token: AccessToken, now: number): NonNullable<StoredEntry['token']> {
  const { value, expiresAt, lifetime = expiresAt - now, scope } = token
  return { value, expiresAt, lifetime, ...(scope !== undefined && { scope }) }
}

/** The failure as the next process gets it: an error of its own, with a stack of its own. */
export function errorOf({
  code,
  message,
  retryAt,
  status,
  error,
}: StoredFailure): CredentialsRejectedError | TokenEndpointError {
  if (code === 'ERR_AUTH_CREDENTIALS_REJECTED') return new CredentialsRejectedError(message, { retryAt, status, error })
  return new TokenEndpointError(code, message, {
    status,
    retryAt: code === 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED' ? retryAt : undefined,
    retryable: code === 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
  })
}

/** The failure as it is stored; `undefined` for what is none of the token endpoint's. `retryAt`: where it names none. */
export function storedFailure(error: unknown, retryAt: number): StoredFailure | undefined {
  if (error instanceof CredentialsRejectedError) {
    const { status, error: code } = error
    const message = reasonOf(error)
    return {
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      message,
      retryAt: error.retryAt,
      ...(status !== undefined && { status }),
      ...(code !== undefined && { error: code }),
    }
  }
  if (!(error instanceof TokenEndpointError)) return undefined
  const { code, status } = error
  return {
    code: code as StoredFailure['code'],
    message: reasonOf(error),
    retryAt: error.retryAt ?? retryAt,
    ...(status !== undefined && { status }),
  }
}
