import { checkOptions } from '@auth/core/options'
import { bearer, type Refused } from '@auth/core/verify'
import { getIdentity } from '@auth/express'
import type { RequestHandler } from 'express'
import { type Account, accounts, randomId, randomSecret } from '../accounts.ts'
import { api, application } from '../api.ts'
import { recorder } from '../recorder.ts'
import { type Answer, json, oauthError, send } from '../response.ts'
import { baseControl, type Control, type Simulator, type SimulatorContext, type Started } from '../simulator.ts'
import { type TokenRequest, tokenEndpoint } from '../token-endpoint.ts'
import { tokenRegistry } from '../token-registry.ts'

export interface NzPostCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Fits `nzPost(credentials, options)`. */
export interface NzPostClientOptions {
  readonly environment: 'uat'
  readonly origins: string[]
  readonly tokenEndpoint: string
  readonly ca: string
}

/** Where a client may put its credentials. */
export type NzPostPlacement = 'body' | 'basic' | 'query'

/** Where the document leaves something open; the defaults are the likeliest reading. */
export interface NzPostSimulatorOptions {
  /** Default: random. */
  readonly credentials?: Partial<NzPostCredentials>
  /** Seconds that a token lives. Default 86399. */
  readonly expiresIn?: number
  /** Default `['body']`, as the document has it; the real server takes all three. */
  readonly placements?: readonly NzPostPlacement[]
  /**
   * Whether spaces around a client id are ignored: the document's own curl, pasted into a shell, sends one behind it.
   * Default `false`: that is another client.
   */
  readonly trim?: boolean
  /** Status of rejected credentials. Default 401. */
  readonly rejectedStatus?: 400 | 401
  /** Whether API calls must carry the client id in a `client_id` header too, as the real API wants. Default `false`. */
  readonly clientIdHeader?: boolean
}

export type NzPostSimulator = Simulator<NzPostCredentials, NzPostClientOptions>

/** NZ Post: the credentials in the body, tokens for a day. */
export async function startNzPost(
  context: SimulatorContext,
  options: NzPostSimulatorOptions = {},
): Promise<Started<NzPostSimulator>> {
  const { clock } = context
  const { expiresIn = 86399, placements = ['body'], rejectedStatus = 401, trim = false } = options
  const measured = recorder('nz-post', context.onRequest)
  const tokens = tokenRegistry(clock)
  const book = accounts<Account>()
  const open = (id = randomId('client'), secret = randomSecret()): Account => book.add({ id, secret, locked: false })

  const token = (request: TokenRequest): Answer => {
    const presented = credentialsOf(request)
    if (presented.length > 1) return oauthError(400, 'invalid_request', 'More than one client authentication')
    const [found] = presented
    const account =
      found !== undefined && placements.includes(found.placement)
        ? book.verify(trim ? found.id.trim() : found.id, found.secret)
        : undefined
    if (account === undefined) {
      return oauthError(rejectedStatus, 'invalid_client', 'Invalid client or client credentials')
    }
    const grant = request.form.get('grant_type') ?? request.query.get('grant_type')
    if (grant === null) return oauthError(400, 'invalid_request', 'grant_type is required')
    if (grant !== 'client_credentials') return oauthError(400, 'unsupported_grant_type')
    const value = randomSecret()
    tokens.issue(value, { client: account.id, scope: [], expiresAt: clock.now() + expiresIn * 1000 })
    return json(200, { access_token: value, token_type: 'Bearer', expires_in: expiresIn })
  }

  const clientIdHeader: RequestHandler = (request, response, next) => {
    if (request.headers.client_id === getIdentity(request).party) next()
    else send(response, unauthorized())
  }

  const tokenApp = application().all('/as/token.oauth2', tokenEndpoint(measured, token))
  const apiApp = application().use(
    api({
      recorder: measured,
      policy: bearer(tokens.verifier),
      refuse: (_refused: Refused) => unauthorized(),
      ...(options.clientIdHeader === true && { permit: clientIdHeader }),
      routes: (router) => {
        router.all('/labels/domestic', (request, response) =>
          send(response, json(request.method === 'POST' ? 201 : 200, { consignment_id: '7XRR2N', success: true })),
        )
        router.get('/parceltrack/3.0/parcels', (_request, response) =>
          send(response, json(200, { results: [], success: true })),
        )
      },
    }),
  )
  const [tokenOrigin, baseUrl] = await Promise.all([context.listen(tokenApp), context.listen(apiApp)])

  const account = open(options.credentials?.clientId, options.credentials?.clientSecret)
  const shown = ({ id, secret }: Account): NzPostCredentials => ({ clientId: id, clientSecret: secret })
  const control: Control<NzPostCredentials> = {
    ...baseControl(measured, tokens, book),
    rotate(id) {
      const account = book.select(id)
      account.secret = randomSecret()
      return shown(account)
    },
    createAccount: async (settings = {}) => {
      checkOptions(settings, {}, 'nz-post')
      return shown(open())
    },
  }
  return {
    get credentials() {
      return shown(account)
    },
    options: {
      environment: 'uat',
      origins: [baseUrl],
      tokenEndpoint: `${tokenOrigin}/as/token.oauth2`,
      ca: context.authority.certificate,
    },
    baseUrl,
    control,
  }
}

interface Presented {
  readonly placement: NzPostPlacement
  readonly id: string
  readonly secret: string
}

function credentialsOf({ form, query, authorization, basic }: TokenRequest): Presented[] {
  const found: Presented[] = []
  for (const [placement, parameters] of [
    ['body', form],
    ['query', query],
  ] as const) {
    const secret = parameters.get('client_secret')
    if (secret !== null) found.push({ placement, id: parameters.get('client_id') ?? '', secret })
  }
  if (authorization !== undefined) {
    const pair = basic()
    found.push({ placement: 'basic', id: pair?.username ?? '', secret: pair?.password ?? '' })
  }
  return found
}

function unauthorized(): Answer {
  return json(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' })
}
