import { chmodSync, existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const BEGIN = '# >>> carrier-sandbox >>>'
const END = '# <<< carrier-sandbox <<<'

/**
 * Writes variables into a block of its own in an environment file. Every other line stays as it is. The file is
 * replaced in one step, and a new one is readable by its owner only: it holds secrets.
 */
export function writeEnvFile(path: string, variables: readonly (readonly [name: string, value: string])[]): void {
  const target = existsSync(path) ? realpathSync(path) : path
  const before = existsSync(target) ? readFileSync(target, 'utf8') : ''
  const eol = before.includes('\r\n') ? '\r\n' : '\n'
  const block = [BEGIN, ...variables.map(([name, value]) => `${name}=${quoted(value)}`), END].join(eol)
  const temporary = join(dirname(target), `.carrier-sandbox-${process.pid}`)
  try {
    writeFileSync(temporary, placed(before, block, eol), { mode: 0o600 })
    if (existsSync(target)) chmodSync(temporary, statSync(target).mode)
    renameSync(temporary, target)
  } finally {
    rmSync(temporary, { force: true })
  }
}

/** In the place of an earlier block, else at the end. */
function placed(before: string, block: string, eol: string): string {
  const end = before.indexOf(END)
  // The nearest one: what follows a beginning without an end is not ours.
  const start = end === -1 ? -1 : before.lastIndexOf(BEGIN, end)
  if (start !== -1) return `${before.slice(0, start)}${block}${before.slice(end + END.length)}`
  const gap = before === '' || before.endsWith('\n') ? '' : eol
  return `${before}${gap}${block}${eol}`
}

/** In double quotes, with \n for line breaks: Node, dotenv and docker compose read it alike. */
function quoted(value: string): string {
  return /^[\w.:/,@%+-]*$/.test(value) ? value : `"${value.replace(/["\\$`]/g, '\\$&').replaceAll('\n', '\\n')}"`
}
