import { bearer, clientCertificate, createStrategy, type Strategy, tokenCache } from '@auth/core'
import type { Tls } from './client.ts'

export const TOKEN = 't'.repeat(300)

/** A strategy that has its token, and will have it for the whole benchmark. */
export function warmStrategy(origin: string, tls: Tls | undefined): Strategy {
  const token = tokenCache({ token: () => ({ value: TOKEN, expiresAt: Date.now() + 86_400_000 }) })
  return createStrategy({
    origins: [origin],
    layers: [bearer(token), ...(tls === undefined ? [] : [clientCertificate(tls)])],
    allowInsecureLoopback: true,
  })
}
