/**
 * Says what kind of error it was, by name and code. Its message stays out: it comes from code of the user's own, and may
 * quote a secret, or what was presented.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something other than an error'
  const { name, code } = error as { name?: unknown; code?: unknown }
  return [name, code].filter((word) => typeof word === 'string' && /^\w{1,64}$/.test(word)).join(' ')
}
