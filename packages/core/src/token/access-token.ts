import type { AccessToken } from './token-source.ts'

const requestedAt = new WeakMap<AccessToken, number>()

/** A token whose `value` no log shows: it is not enumerable. `sentAt`: monotonic ms from before it was requested. */
export function accessToken(
  token: AccessToken & { readonly lifetime: number },
  sentAt?: number,
): AccessToken & { readonly lifetime: number } {
  const { value, expiresAt, lifetime, scope } = token
  const visible = { expiresAt, lifetime, ...(scope !== undefined && { scope }) }
  const made = Object.freeze(Object.defineProperty(visible, 'value', { value })) as typeof token
  if (sentAt !== undefined) requestedAt.set(made, sentAt)
  return made
}

/** Monotonic ms from before the token was requested, where it was requested in this process. */
export function sentAtOf(token: AccessToken): number | undefined {
  return requestedAt.get(token)
}
