import type { IncomingMessage } from 'node:http'
import { Problem } from './problem.ts'

const LOOPBACK = /^(?:localhost|(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i

/**
 * Refuses what a web page could send here: a foreign `Host` (DNS rebinding) or a foreign `Origin` (cross-site requests).
 *
 * @throws Problem 403
 */
export function checkHost({ headers }: IncomingMessage, allowed: readonly string[]): void {
  const { host = '', origin } = headers
  const name = host.replace(/:\d+$/, '')
  if (!LOOPBACK.test(name) && !allowed.includes(name.toLowerCase())) {
    throw new Problem(403, `Host ${JSON.stringify(host)} is refused; allow it with --allow-host`)
  }
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new Problem(403, `Origin ${JSON.stringify(origin)} is refused: it is not http://${host}`)
  }
}
