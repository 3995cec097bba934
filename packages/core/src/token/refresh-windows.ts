// Both windows are proportional to the lifetime, so that a token of a minute is still reused, and capped.

/** ms before its end at which a token is no longer handed out. */
export function hardMargin(lifetime: number): number {
  return Math.min(0.1 * lifetime, 10_000)
}

/** ms before its end from which on a token is refreshed in the background. */
export function refreshAhead(lifetime: number): number {
  return Math.min(0.2 * lifetime, 5 * 60 * 1000)
}
