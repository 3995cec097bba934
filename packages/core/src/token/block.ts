import { CredentialsRejectedError, TokenEndpointError } from '../errors.ts'

/** A failure that stands in the way of the next request, until its time is over. */
export interface Block {
  readonly error: CredentialsRejectedError | TokenEndpointError
  /** Epoch ms, by the clock as it is now. */
  readonly retryAt: number
  /** Rejections in a row. */
  readonly count: number
  /** Epoch ms of the failure, where it was this process's own. */
  readonly since?: number
}

/**
 * The error for a call that is refused here because of an earlier answer: its message says so. Each has a stack of its
 * own, because one object thrown to many callers collects what each adds to it.
 */
export function blockedError(earlier: Block['error'], retryAt: number): Block['error'] {
  const { status } = earlier
  const message = `no token is requested before ${isoTime(retryAt)}: ${reasonOf(earlier)}`
  return earlier instanceof CredentialsRejectedError
    ? new CredentialsRejectedError(message, { retryAt, status, error: earlier.error })
    : new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_THROTTLED', message, { retryAt, status })
}

/** What the endpoint's own answer was, without what `blockedError` has put before it. */
export function reasonOf({ message }: Error): string {
  return message.replace(/^no token is requested before \S+: /, '')
}

// The last moment that a Date can hold.
const LAST = 8.64e15

function isoTime(ms: number): string {
  return new Date(Math.min(ms, LAST)).toISOString()
}
