/** What looks wrong with a value, without a word of it. */
export interface Suspicion {
  readonly state: 'warn' | 'fail'
  readonly problem: string
  readonly fix: string
}

/** What people paste, and programs hand on, by mistake. */
export function suspicionOf(value: string, isPem: boolean): Suspicion | undefined {
  const fail = (problem: string, fix: string): Suspicion => ({ state: 'fail', problem, fix })
  const warn = (problem: string, fix: string): Suspicion => ({ state: 'warn', problem, fix })
  if (value === '') return fail('is empty', 'set it, or unset the variable')
  if (/^\$\{[^}]*\}$|^\$\{?[A-Z_][A-Z0-9_]*\}?$|^\$\{\{.*\}\}$|^%[A-Z_][A-Z0-9_]*%$|^\$\(.*\)$/s.test(value)) {
    return fail('is a variable that nobody has expanded', 'let the shell, compose or CI file expand it')
  }
  if (/^(?:<[^<>]*>|changeme|change-me|todo|x{3,}|your[-_ ].*)$/i.test(value)) {
    return fail('is a placeholder', 'put the real value there')
  }
  if (isPem) return undefined
  if (/[\r\n]/.test(value)) return fail('has a line break, which was pasted along', 'leave the line break out')
  if (value.startsWith('\u{feff}')) return fail('begins with a byte order mark', 'save the file as UTF-8 without BOM')
  if (value !== value.trim()) return warn('begins or ends with a space', 'leave the space out unless it belongs there')
  if (/^(["']).*\1$/s.test(value)) {
    return warn('is in quotes', 'leave the quotes out: `docker --env-file` takes them for a part of the value')
  }
  return undefined
}
