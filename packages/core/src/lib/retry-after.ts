// No carrier's penalty is longer, and a wrong date must not silence an account for good.
const LONGEST_RETRY_AFTER = 24 * 60 * 60 * 1000

/** ms that `Retry-After` asks for, as seconds or as a date; `undefined` where it says nothing usable. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? ''
  // A date has the form of RFC 9110 section 5.6.7: the parser alone would take "1.5" for a day in January.
  const ms = /^\d+(?:\.\d+)?$/.test(value)
    ? Number(value) * 1000
    : /^[A-Z][a-z]{2,8}, .* GMT$/.test(value)
      ? Date.parse(value) - now
      : Number.NaN
  if (Number.isNaN(ms)) return undefined
  return Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER)
}
