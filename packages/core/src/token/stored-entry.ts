import type { Clock } from '../clock.ts'
import { type AuthError, CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import { accessToken } from './access-token.ts'
import { hardMargin } from './refresh-windows.ts'
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

/**
 * Reads what a store holds. Where it says how old that is, the writer's clock need not agree with this one: a token
 * then ends when it ends, and a failure stands as long as it was meant to. What has reached its hard margin is no token.
 *
 * @param asked Epoch ms from before the store was asked.
 * @param clock This process's.
 */
export function readEntry(found: VersionedEntry | undefined, asked: number, clock: Clock): Found {
  // What a store of the user's own makes of an entry is not known here: a null, say, where there was nothing.
  if (typeof found?.entry !== 'object' || found.entry === null) return { ...NOTHING, version: found?.version }
  const { entry, version, age } = found
  const failure = entry.failure ?? undefined
  const ahead = age === undefined ? 0 : asked - age - entry.writtenAt
  return {
    version,
    token: tokenIn(entry, ahead, clock),
    failure: failure && { ...failure, retryAt: failure.retryAt + ahead },
    clearedAt: failure === undefined ? entry.writtenAt + ahead : undefined,
    rejections: entry.rejections ?? 0,
    outages: entry.outages ?? 0,
  }
}

function tokenIn({ token }: StoredEntry, ahead: number, clock: Clock): AccessToken | undefined {
  if (typeof token?.value !== 'string' || !/^[\x21-\x7e]+$/.test(token.value)) return undefined
  const { value, lifetime, scope } = token
  // A positive difference may also be a write that was under way for long: it makes no token live longer.
  const expiresAt = token.expiresAt + Math.min(ahead, 0)
  const left = expiresAt - clock.now()
  if (!(left > hardMargin(lifetime))) return undefined
  // It was requested when it was, not when this process began to wait for it.
  const sentAt = clock.monotonic() + left - lifetime
  return accessToken({ value, expiresAt, lifetime, ...(scope !== undefined && { scope }) }, sentAt)
}

export function storedToken(token: AccessToken, now: number): NonNullable<StoredEntry['token']> {
  const { value, expiresAt, lifetime = expiresAt - now, scope } = token
  return { value, expiresAt, lifetime, ...(scope !== undefined && { scope }) }
}

/** The failure as the next process gets it: an error of its own, with a stack of its own. */
export function errorOf({ code, message, retryAt, status, error }: StoredFailure): AuthError {
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
    const { message, status, error: code } = error
    return {
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
      message,
      retryAt: error.retryAt,
      ...(status !== undefined && { status }),
      ...(code !== undefined && { error: code }),
    }
  }
  if (!(error instanceof TokenEndpointError)) return undefined
  const { code, message, status } = error
  return {
    code: code as StoredFailure['code'],
    message,
    retryAt: error.retryAt ?? retryAt,
    ...(status !== undefined && { status }),
  }
}
