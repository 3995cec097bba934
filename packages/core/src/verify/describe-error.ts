/**
 * Says what kind of error it was. Its message stays out: it comes from code of the caller's own, and may quote what was
 * presented.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something other than an error was thrown'
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}
