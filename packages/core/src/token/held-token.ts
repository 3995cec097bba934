import type { Clock } from '../clock.ts'
import { TokenEndpointError } from '../errors.ts'
import { accessToken, sentAtOf } from './access-token.ts'
import { hardMargin, refreshAhead } from './refresh-windows.ts'
import type { AccessToken } from './token-source.ts'

/** A token, and the times between which a cache hands it out. */
export interface HeldToken {
  readonly token: AccessToken
  /** ms it was issued for. */
  readonly lifetime: number
  /** Monotonic ms of the request. */
  readonly since: number
  /** The hard margin, on both clocks: whichever comes first ends the token. */
  readonly wallEnd: number
  readonly monotonicEnd: number
  /** The start of the refresh-ahead window, on both clocks. */
  readonly wallRefresh: number
  readonly monotonicRefresh: number
  /** Rejected as soon as it was issued, and kept all the same: it does not become more trustworthy with age. */
  doubtful: boolean
}

/** When a token was asked for, on both clocks. */
export interface AskedAt {
  readonly wall: number
  readonly monotonic: number
}

/**
 * Works out the windows of a token.
 *
 * @param jitter 0 to 1; spreads the refreshes of a fleet.
 * @throws TokenEndpointError for what is no token.
 */
export function heldToken(issued: AccessToken, asked: AskedAt, clock: Clock, jitter: number): HeldToken {
  const { value, expiresAt, lifetime = expiresAt - asked.wall } = issued ?? {}
  if (typeof value !== 'string' || value === '' || !Number.isFinite(expiresAt) || !Number.isFinite(lifetime)) {
    throw new TokenEndpointError(
      'ERR_AUTH_TOKEN_RESPONSE_INVALID',
      'the token source must yield { value, expiresAt }, a string and epoch ms',
    )
  }
  const token = issued.lifetime === undefined ? accessToken({ ...issued, value, lifetime }) : issued
  // Counted from before the request was sent. A token out of a store was requested elsewhere: what is left counts.
  const sentAt = sentAtOf(issued)
  const wallLimit = Math.min(expiresAt, clock.now() + lifetime)
  const monotonicLimit =
    sentAt === undefined ? asked.monotonic + Math.min(expiresAt - asked.wall, lifetime) : sentAt + lifetime
  const margin = hardMargin(lifetime)
  const ahead = refreshAhead(lifetime) * (0.8 + 0.2 * jitter)
  return {
    token,
    lifetime,
    since: sentAt ?? asked.monotonic,
    doubtful: false,
    wallEnd: wallLimit - margin,
    monotonicEnd: monotonicLimit - margin,
    wallRefresh: wallLimit - ahead,
    monotonicRefresh: monotonicLimit - ahead,
  }
}
