import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretPost } from '../client-auth/client-secret-post.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { anything, listOf, required, shape, text } from '../lib/options.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart } from '../secret.ts'
import { mintedToken } from '../token/minted-token.ts'

export type UspsCredentials = Secrets<'clientId' | 'clientSecret'>

export interface UspsOptions {
  /** Default `production`. */
  environment?: 'test' | 'production'
  /** Default: none is sent, and the token has the scope of the app. */
  scope?: string | readonly string[]
  /** Who pays for labels: a payment token then goes with calls to `/labels/v3` and `/international-labels/v3`. */
  payment?: UspsPayment
}

export interface UspsPayment {
  roles: readonly {
    /** `PAYER` or `LABEL_OWNER`. */
    roleName: string
    CRID: string
    MID: string
    manifestMID?: string
    /** `EPS` or `PERMIT`. */
    accountType?: string
    accountNumber?: string
  }[]
}

const ROLES = /* @__PURE__ */ shape<UspsPayment>({
  roles: /* @__PURE__ */ required(
    /* @__PURE__ */ listOf(
      /* @__PURE__ */ shape<UspsPayment['roles'][number]>({
        roleName: /* @__PURE__ */ required(text),
        CRID: /* @__PURE__ */ required(text),
        MID: /* @__PURE__ */ required(text),
        manifestMID: text,
        accountType: text,
        accountNumber: text,
      }),
      { least: 1 },
    ),
  ),
})

/**
 * USPS: client id and secret as JSON, a Bearer token for eight hours. Each token request counts against the quota.
 *
 * @see https://developers.usps.com/Oauth
 */
export const usps = /* @__PURE__ */ defineCarrier<UspsCredentials, UspsOptions>({
  id: 'usps',
  environments: {
    test: { origins: ['https://apis-tem.usps.com'], tokenEndpoint: 'https://apis-tem.usps.com/oauth2/v3/token' },
    production: { origins: ['https://apis.usps.com'], tokenEndpoint: 'https://apis.usps.com/oauth2/v3/token' },
  },
  secrets: { clientId: basicPart, clientSecret: basicPart },
  options: { scope: anything, payment: ROLES },
  token: { encoding: 'json' },
  budget: [{ count: 60, per: 3_600_000 }],
  // 401 also means that the app lacks a product ("Insufficient OAuth scope"), which no token cures.
  recoverOn: [{ status: 401, error: { 'error.errors.0.title': 'invalid_token' } }],
  layers({ clientId, clientSecret }, { oauth2, origin, options: { scope, payment } }) {
    const source = oauth2({
      clientAuth: clientSecretPost(clientId, clientSecret),
      grant: clientCredentials(scope === undefined ? {} : { scope }),
    })
    const token = bearer(source)
    if (payment === undefined) return [token]
    const minted = mintedToken(source, (clientAuth) =>
      oauth2({
        tokenEndpoint: `${origin}/payments/v3/payment-authorization`,
        clientAuth,
        grant: { parameters: [['roles', JSON.stringify(payment.roles)]], json: ['roles'], placement: 'body' },
        response: { accessToken: 'paymentAuthorizationToken' },
        rejected: [{ status: [400, 401, 403] }],
        hint: 'Check the roles of `payment`',
        // No lifetime is documented.
        defaultLifetime: 50 * 60_000,
      }),
    )
    const paid = [token, bearer(minted, { header: 'x-payment-authorization-token', prefix: '' })]
    return { layers: [token], routes: [{ paths: ['/labels/v3', '/international-labels/v3'], layers: paid }] }
  },
})

const realm = 'Bearer realm="https://api.usps.com/realms/USPS"'
const scopes = 'addresses domestic-prices labels'

const unauthorized = (message: string, title: string, detail: string) => ({
  apiVersion: '/addresses/v3/',
  error: { code: '401', message, errors: [{ title, detail, source: 'Access Token' }] },
})

export const about: CarrierAbout = {
  title: 'USPS',
  sources: ['USPS, OAuth API (OpenAPI)', 'USPS/api-examples@d050a64, and its issues 30, 68, 89 and 107'],
  read: '2026-11-21',
  credentials: {
    clientId: 'developers.usps.com, Apps, the app: Consumer Key',
    clientSecret: 'developers.usps.com, Apps, the app: Consumer Secret',
  },
  token: {
    request: [
      'POST /oauth2/v3/token',
      'content-type: application/json',
      '',
      '{"grant_type":"client_credentials","client_id":"{clientId}","client_secret":"{clientSecret}"}',
    ],
    answer: {
      status: 200,
      body: {
        access_token: '{token}',
        token_type: 'Bearer',
        issued_at: 1_680_888_985_929,
        expires_in: 28_799,
        status: 'approved',
        scope: scopes,
        issuer: 'https://api.usps.com/realms/USPS',
        client_id: '{clientId}',
        application_name: 'app',
        api_products: '[products]',
        public_key: 'key',
      },
    },
  },
  api: [['GET /addresses/v3/address', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      headers: { 'www-authenticate': realm },
      body: {
        error: 'invalid_client',
        error_description: 'InvalidApiKey: The client application credentials are invalid.',
        error_uri: '',
      },
      means: 'Client id or secret is wrong',
      effect: 'rejected',
    },
    {
      at: 'token',
      status: 429,
      headers: { 'retry-after': '60' },
      body: { error: 'invalid_request', error_description: 'SpikeArrestViolation: Spike arrest violation.' },
      means: 'Too many token requests in a short time',
      effect: 'throttled',
      penalty: 60_000,
    },
    {
      at: 'token',
      status: 503,
      headers: { 'retry-after': '60' },
      means: 'USPS is not available, and says until when',
      effect: 'throttled',
      penalty: 60_000,
    },
    {
      at: 'api',
      status: 401,
      body: unauthorized('Missing or malformed access token.', 'invalid_token', 'The token is not a JWT.'),
      means: 'The token is unknown or has expired',
      effect: 'recovered',
    },
    {
      at: 'api',
      status: 401,
      body: unauthorized('Insufficient OAuth scope.', 'insufficient_scope', 'Insufficient OAuth scope.'),
      means: 'The app lacks the product: add it in the portal',
      effect: 'passed',
    },
  ],
  limits: ['60 calls an hour per product by default, token requests included; 5 a minute in bursts (one source)'],
  open: [
    'A 401 without a message (USPS/api-examples#89) is not explained, and not recovered',
    'The title that comes with "Insufficient OAuth scope"',
    'How long a payment token lives: it is kept for 50 minutes. What a call gets without one: a 401 (one source)',
  ],
}
