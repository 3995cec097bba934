import type { RequestHandler } from 'express'

const LOOPBACK_NAME = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i
const LOOPBACK_ADDRESS = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i

/** Whether an address to listen on is reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  return LOOPBACK_ADDRESS.test(host)
}

/**
 * Keeps web pages out of a proxy without a policy: a foreign `Host` is DNS rebinding, a foreign `Origin` another site,
 * and so is what the browser itself says is one.
 */
export const loopbackOnly: RequestHandler = ({ headers }, response, next) => {
  const { host = '', origin } = headers
  const site = headers['sec-fetch-site']
  const local = LOOPBACK_NAME.test(host.replace(/:\d+$/, ''))
  const own = origin === undefined || origin === `http://${host}`
  if (local && own && (site === undefined || site === 'same-origin' || site === 'none')) return next()
  const detail = local ? 'Requests of other sites are refused.' : 'Only loopback names are answered to.'
  response
    .status(403)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: 'Forbidden', status: 403, detail }))
}
