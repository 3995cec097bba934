import type { IncomingMessage } from 'node:http'
import { findIdentity } from '@auth/core/verify'

const LOOPBACK_ADDRESS = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/
const LOOPBACK_HOST = /^(?:localhost|(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/**
 * Why a request may not see the page; `undefined` if it may. Behind a guard its identity counts. With `open`, everyone
 * on this machine may see it; `Host` has to be a loopback name then, or a web page could read it by DNS rebinding.
 */
export function refusal(request: IncomingMessage, open: 'loopback' | undefined): string | undefined {
  if (findIdentity(request) !== undefined) return undefined
  if (open === undefined) return "put a guard in front, such as requireAuth(policy), or set open: 'loopback'"
  if (!LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? '')) return 'it is open on loopback only'
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) return 'the Host header names another machine'
  return undefined
}

/** Whether a request that changes something comes from the page itself. */
export function isOwnOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers
  // Browsers say both; what is no browser has no cookies or certificates to misuse.
  if (headers['sec-fetch-site'] !== undefined && headers['sec-fetch-site'] !== 'same-origin') return false
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)
}
