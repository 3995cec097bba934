import { createHash } from 'node:crypto'

/** Shown in place of a secret. The same secret has the same fingerprint everywhere. */
export function fingerprint(secret: string): string {
  return `[sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 8)}]`
}
