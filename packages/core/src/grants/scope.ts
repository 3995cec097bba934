import { type Check, must } from '../lib/options.ts'

// RFC 6749 appendix A.4; a list in one string is fine.
const NAMES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/** Checks a `scope` option: one string, or a list of them. */
export const SCOPE: Check = must('names of visible ASCII characters, with single spaces between them', (scope) =>
  [scope].flat().every((one) => typeof one === 'string' && NAMES.test(one)),
)

/** The `scope` parameter of a token request; none where there is no scope. */
export function scopeParameter(scope: string | readonly string[] = []): [name: string, value: string][] {
  const scopes = [scope].flat()
  return scopes.length === 0 ? [] : [['scope', scopes.join(' ')]]
}
