import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  apiKey as apiKeyLayer,
  clientCertificate as clientCertificateLayer,
  createStrategy,
  type Strategy,
} from '@auth/core'
import { allOf, apiKey, clientCertificate, getIdentity, hashApiKey, requireAuth } from '@auth/express'
import type { CertificateAuthority } from '@auth/sandbox/pki'
import express from 'express'
import type { Call } from './clients.ts'

/** An application of our own: its routes are protected, and call a carrier in turn. */
export interface OwnApp {
  /** Serves a route that makes this call, and returns the route's URL. */
  serve(path: string, call: () => ReturnType<Call>): string
  /** Its customer's credentials, all or some of them, or with the key of another customer. */
  strategy(credentials: { certificate: boolean; key: 'own' | 'other' | 'none' }): Strategy
  close(): Promise<void>
}

const KEYS = { own: 'key-of-the-warehouse', other: 'key-of-the-office' }

export async function startOwnApp(authority: CertificateAuthority): Promise<OwnApp> {
  const [server, customer] = await Promise.all([
    authority.issueServer(),
    authority.issueClient({ commonName: 'warehouse' }),
  ])
  const ca = authority.certificate
  const app = express()
  app.use(
    requireAuth(
      allOf(
        clientCertificate(),
        apiKey({
          keys: [
            { id: 'k1', party: 'warehouse', hash: hashApiKey(KEYS.own) },
            { id: 'k2', party: 'office', hash: hashApiKey(KEYS.other) },
          ],
        }),
      ),
    ),
  )
  // A bad certificate is answered by the policy rather than cut off.
  const listener = createServer({ ...server, ca, requestCert: true, rejectUnauthorized: false }, app)
  listener.listen(0, 'localhost')
  await once(listener, 'listening')
  const origin = `https://localhost:${(listener.address() as AddressInfo).port}`

  return {
    serve(path, call) {
      app.get(path, async (request, response) => {
        const { status } = await call()
        response.status(status === 200 ? 200 : 502).json({ party: getIdentity(request).party, carrier: status })
      })
      return `${origin}${path}`
    },
    strategy: ({ certificate, key }) =>
      createStrategy({
        id: 'own-app',
        origins: [origin],
        layers: [
          clientCertificateLayer(certificate ? { ...customer, ca } : { ca }),
          ...(key === 'none' ? [] : [apiKeyLayer('x-api-key', KEYS[key])]),
        ],
      }),
    async close() {
      listener.closeAllConnections()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
