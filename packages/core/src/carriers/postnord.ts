import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { ConfigurationError } from '../errors.ts'
import { bearer } from '../schemes/bearer.ts'
import { queryKey } from '../schemes/query-key.ts'
import { basicPart } from '../secret.ts'

/** `clientId` and `clientSecret` are for the APIs that want a token beside the key; they need `tokenEndpoint`. */
export type PostnordCredentials = Secrets<'apiKey', 'clientId' | 'clientSecret'>

export interface PostnordOptions {
  /** Default `production`. */
  environment?: 'test' | 'production'
}

/**
 * PostNord: a key in the query of every request, which access logs show; for some APIs a Bearer token beside it.
 *
 * @see https://developer.postnord.com
 */
export const postnord = /* @__PURE__ */ defineCarrier<PostnordCredentials, PostnordOptions>({
  id: 'postnord',
  environments: {
    test: { origins: ['https://atapi2.postnord.com'] },
    production: { origins: ['https://api2.postnord.com'] },
  },
  secrets: { apiKey: basicPart, clientId: { optional: basicPart }, clientSecret: { optional: basicPart } },
  layers({ apiKey, clientId, clientSecret }, { oauth2 }) {
    const key = queryKey('apikey', apiKey)
    if (clientId === undefined && clientSecret === undefined) return [key]
    if (clientId === undefined) throw new ConfigurationError('clientId', 'is missing beside clientSecret')
    if (clientSecret === undefined) throw new ConfigurationError('clientSecret', 'is missing beside clientId')
    return [key, bearer(oauth2({ clientAuth: clientSecretPost(clientId, clientSecret) }))]
  },
})

export const about: CarrierAbout = {
  title: 'PostNord',
  sources: ['vilkasgroup/vg_postnord@cbf2caf', 'developer.postnord.com (3scale)', 'A public client of 2026 (token)'],
  read: '2026-11-21',
  credentials: {
    apiKey: 'developer.postnord.com, the application: API key',
    clientId: 'PostNord, for APIs that need a token (one source)',
    clientSecret: 'PostNord, for APIs that need a token (one source)',
  },
  api: [['GET /rest/businesslocation/v5/servicepoints?apikey={apiKey}']],
  open: [
    'The bodies of 401 and 403; 3scale, its gateway, answers 403 "Authentication failed"',
    'The token endpoint: one source names gate.ess.postnord.com, another found that name gone in 2026',
  ],
}
