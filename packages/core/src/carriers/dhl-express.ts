import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { basic } from '../schemes/basic.ts'
import { basicPart, basicUser } from '../secret.ts'

export type DhlExpressCredentials = Secrets<'username' | 'password'>

/**
 * DHL Express: HTTP Basic on every request, for production and test on one host.
 *
 * @see https://developer.dhl.com/api-reference/dhl-express-mydhl-api
 */
export const dhlExpress = /* @__PURE__ */ defineCarrier<DhlExpressCredentials>({
  id: 'dhl-express',
  // The two differ by path alone: the URL that is called selects one.
  environments: {
    production: { origins: ['https://express.api.dhl.com'], basePath: '/mydhlapi' },
    test: { origins: ['https://express.api.dhl.com'], basePath: '/mydhlapi/test' },
  },
  secrets: { username: basicUser, password: basicPart },
  layers: ({ username, password }) => [basic({ username, password })],
})

export const about: CarrierAbout = {
  title: 'DHL Express (MyDHL API)',
  sources: ['MyDHL API, OpenAPI 3.1.1, in karrioapi/karrio@deea10f (modules/connectors/mydhl)', 'verbb/shippy@dcbed61'],
  read: '2026-11-21',
  credentials: {
    username: 'developer.dhl.com, the app of MyDHL API: API Key',
    password: 'developer.dhl.com, the app of MyDHL API: API Secret',
  },
  api: [['POST /mydhlapi/rates', 'authorization: Basic base64({username}:{password})']],
  limits: ['Test: 500 calls a day (not confirmed)'],
  open: [
    'The answer to wrong credentials: the specification lists no 401',
    'The header X-API-KEY, which the specification declares beside Basic',
  ],
}
