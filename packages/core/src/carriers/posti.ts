import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { clientSecretBasic } from '../client-auth/client-secret-basic.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { bearer } from '../schemes/bearer.ts'
import { basicPart, basicUser } from '../secret.ts'
import { REJECTED } from '../token/outcome-patterns.ts'

/** `username` is the name of the service account. */
export type PostiCredentials = Secrets<'username' | 'password'>

export interface PostiOptions {
  /** Default `Prod`. The API hosts of `QA` and `UAT` are not documented: they need `origins`. */
  environment?: 'QA' | 'UAT' | 'Prod'
}

/**
 * Posti: a service account's Basic credentials for a Bearer token. Five invalid logins lock an account for an hour, so
 * a rejected password is not tried again for as long.
 *
 * @see https://api.posti.fi
 */
export const posti = /* @__PURE__ */ defineCarrier<PostiCredentials, PostiOptions>({
  id: 'posti',
  standard: 'Prod',
  environments: {
    QA: { tokenEndpoint: 'https://oauth2.barium.posti.com/oauth/token' },
    UAT: { tokenEndpoint: 'https://oauth2.barium.posti.com/oauth/token' },
    Prod: { origins: ['https://api.posti.fi'], tokenEndpoint: 'https://oauth2.posti.com/oauth/token' },
  },
  secrets: { username: basicUser, password: basicPart },
  token: {
    // Its own words for a wrong password; the document has them with 401, the fault they name with any status.
    rejected: [...REJECTED, { error: ['Unauthorized', 'unauthorized'] }],
    lockout: 60 * 60 * 1000,
    hint: 'Five refusals lock the account for an hour; check user name and password before the next attempt',
  },
  layers: ({ username, password }, { oauth2 }) => [
    bearer(
      oauth2({
        clientAuth: clientSecretBasic(username, password),
        // "Url parameter grant_type=client_credentials must also be included to the request."
        grant: clientCredentials({ placement: 'query' }),
      }),
    ),
  ],
})

export const about: CarrierAbout = {
  title: 'Posti',
  sources: ['Posti, "Authentication API": api.posti.fi'],
  read: '2026-11-21',
  credentials: {
    username: 'Name of the service account; Posti Customer Service issues it, and a contract with Posti is needed',
    password: 'Secret of the service account',
  },
  token: {
    request: ['POST /oauth/token?grant_type=client_credentials', 'authorization: Basic base64({username}:{password})'],
    answer: { status: 200, body: { token_type: 'bearer', access_token: '{token}', expires_in: 3599 } },
  },
  api: [['GET /', 'authorization: Bearer {token}']],
  refusals: [
    {
      at: 'token',
      status: 401,
      body: { error: 'Unauthorized', message: 'Bad credentials' },
      means: 'Wrong user name or password, or the account is locked: for one hour, after five invalid logins',
      effect: 'rejected',
    },
    {
      at: 'api',
      status: 401,
      means: 'The token is missing, unknown or has expired',
      effect: 'recovered',
      confirmed: false,
    },
  ],
  limits: ['Five invalid logins lock the account for one hour'],
  open: ['API hosts of QA and UAT', 'The body of a 401 of the API'],
}
