import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretHeaders } from '../client-auth/client-secret-headers.ts'
import { ConfigurationError } from '../errors.ts'
import { bearer } from '../schemes/bearer.ts'
import { headerValue } from '../secret.ts'

/** `bucode` names the business unit; `clientId` and `clientSecret` are what SEUR asks for beside them. */
export type DpdMetaCredentials = Secrets<'username' | 'password' | 'bucode', 'clientId' | 'clientSecret'>

export interface DpdMetaOptions {
  /** Default `production`. */
  environment?: 'preprod' | 'production'
}

const preprod = 'https://api-preprod.dpsin.dpdgroup.com:8443'

/**
 * DPD META, the API of the group: user name and password as headers of a login, a Bearer token in a header of its
 * answer, for 24 hours, at SEUR for 30 minutes.
 *
 * @see https://nst-preprod.dpsin.dpdgroup.com
 */
export const dpdMeta = /* @__PURE__ */ defineCarrier<DpdMetaCredentials, DpdMetaOptions>({
  id: 'dpd-meta',
  environments: {
    preprod: { origins: [preprod], tokenEndpoint: `${preprod}/shipping/v1/login` },
    production: {
      origins: ['https://api.dpdgroup.com'],
      tokenEndpoint: 'https://api.dpdgroup.com/shipping/v1/login',
    },
  },
  secrets: {
    username: headerValue,
    password: headerValue,
    bucode: headerValue,
    clientId: { optional: headerValue },
    clientSecret: { optional: headerValue },
  },
  // The answer names no lifetime.
  token: {
    response: { accessToken: { header: 'x-dpd-token' }, error: 'errorCode' },
    defaultLifetime: 24 * 3_600_000,
  },
  layers({ username, password, bucode, clientId, clientSecret }, { oauth2 }) {
    if (clientId !== undefined && clientSecret === undefined)
      throw new ConfigurationError('clientSecret', 'is missing beside clientId')
    if (clientSecret !== undefined && clientId === undefined)
      throw new ConfigurationError('clientId', 'is missing beside clientSecret')
    return [
      bearer(
        oauth2({
          clientAuth: clientSecretHeaders({ id: 'x-dpd-login', secret: 'x-dpd-password' }, username, password),
          grant: { parameters: [], placement: 'body' },
          headers: {
            'x-dpd-bucode': bucode,
            ...(clientId && clientSecret && { 'x-dpd-clientid': clientId, 'x-dpd-clientsecret': clientSecret }),
          },
          // SEUR's tokens are shorter.
          ...(clientId !== undefined && { defaultLifetime: 30 * 60_000 }),
        }),
      ),
    ]
  },
})

export const about: CarrierAbout = {
  title: 'DPD META (group)',
  sources: ['DPD META, PDF and OpenAPI, in karrioapi/karrio@deea10f (modules/connectors/dpd_meta/vendor)'],
  read: '2026-11-21',
  credentials: {
    username: 'DPD, the business unit: X-DPD-LOGIN',
    password: 'DPD, the business unit: X-DPD-PASSWORD',
    bucode: 'Code of the business unit',
    clientId: 'SEUR only: X-DPD-CLIENTID',
    clientSecret: 'SEUR only: X-DPD-CLIENTSECRET',
  },
  token: {
    request: [
      'POST /shipping/v1/login',
      'x-dpd-login: {username}',
      'x-dpd-password: {password}',
      'x-dpd-bucode: {bucode}',
    ],
    answer: { status: 200, headers: { 'x-dpd-token': '{token}' } },
  },
  api: [['POST /shipping/v1/shipment', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: { errorCode: '401', errorMessage: 'Unauthorized', originError: '' },
      means: 'A credential is wrong',
      effect: 'rejected',
    },
    {
      at: 'api',
      status: 401,
      body: { errorCode: '401', errorMessage: 'Unauthorized', originError: '' },
      means: 'The token is missing, unknown or has expired',
      effect: 'recovered',
    },
  ],
  limits: ['A token lives for 24 hours, at SEUR for 30 minutes; the answer does not say so'],
  open: ['The values of errorCode'],
}
