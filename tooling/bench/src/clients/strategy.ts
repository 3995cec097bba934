import { bearer, clientCertificate, createStrategy, type Strategy, tokenCache } from '@auth/core'
import type { Authorization, Tls } from './client.ts'

const TOKEN = 't'.repeat(300)
export const AUTHORIZATION = `Bearer ${TOKEN}`
const LIFETIME = 86_400_000

/** A strategy that has its token, and will have it for the whole benchmark. */
export function warmStrategy(origin: string, tls: Tls | undefined): Strategy {
  const token = tokenCache({ token: () => ({ value: TOKEN, expiresAt: Date.now() + LIFETIME }) })
  return createStrategy({
    origins: [origin],
    layers: [bearer(token), ...(tls === undefined ? [] : [clientCertificate(tls)])],
    allowInsecureLoopback: true,
  })
}

/** The same token as hand-written code keeps it: in a closure that looks at the clock. */
export function warmClosure(): Authorization {
  const expiresAt = Date.now() + LIFETIME
  return async (refused = false) => {
    if (refused || Date.now() >= expiresAt) throw new Error('the token was to last for the whole benchmark')
    return AUTHORIZATION
  }
}
