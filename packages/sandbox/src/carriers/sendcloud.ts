import { type Checks, checkOptions, flag } from '@auth/core/options'
import { anyOf, basic, bearer } from '@auth/core/verify'
import { getIdentity } from '@auth/express'
import type { Request, RequestHandler, Router } from 'express'
import { type Account, accounts, randomSecret } from '../accounts.ts'
import { api, application } from '../api.ts'
import type { BasicCredentials } from '../basic.ts'
import { recorder } from '../recorder.ts'
import { type Answer, json, oauthError, send } from '../response.ts'
import { baseControl, type Control, type Simulator, type SimulatorContext, type Started } from '../simulator.ts'
import { type TokenRequest, tokenEndpoint } from '../token-endpoint.ts'
import { tokenRegistry } from '../token-registry.ts'

export interface SendcloudCredentials {
  readonly publicKey: string
  readonly secretKey: string
}

/** Fits `sendcloud(credentials, options)`; `mode` is what the integration is set to when it is read. */
export interface SendcloudClientOptions {
  readonly mode: 'basic' | 'oauth2'
  readonly origins: string[]
  readonly tokenEndpoint: string
  readonly ca: string
}

/** The two settings of an API integration. */
export interface SendcloudIntegration {
  /** "Service Points": whether the service points API takes the integration's credentials. Default `true`. */
  readonly servicePoints?: boolean
  /** "Use OAuth2 authentication": whether the API takes tokens, and nothing but tokens. Default `false`. */
  readonly useOAuth2?: boolean
}

/** Where the document leaves something open; the defaults are the likeliest reading. */
export interface SendcloudSimulatorOptions extends SendcloudIntegration {
  /** Default: random. */
  readonly credentials?: Partial<SendcloudCredentials>
  /** Seconds that a token lives. Default 3599. */
  readonly expiresIn?: number
  /** Whether the account takes part in the OAuth2 beta. Default `true`. */
  readonly beta?: boolean
  /** Whether tokens are issued although "Use OAuth2 authentication" is off. Default `false`: 401 `invalid_client`. */
  readonly permissive?: boolean
  /** Whether a token request without a scope is given `api`. Default `false`: a token that the API answers with 403. */
  readonly scopeOptional?: boolean
  /** Status when Basic is used although the integration uses OAuth2. Default 401. */
  readonly enforcedStatus?: 401 | 403
  /** Whether the token endpoint form-decodes both parts of Basic, as Ory Hydra does. Default `false`. */
  readonly formDecodeBasic?: boolean
}

export interface SendcloudControl extends Control<SendcloudCredentials> {
  /** Changes settings of the integration. */
  setIntegration(settings: SendcloudIntegration): void
  createAccount(settings?: SendcloudIntegration): Promise<SendcloudCredentials>
}

export interface SendcloudSimulator extends Simulator<SendcloudCredentials, SendcloudClientOptions, SendcloudControl> {
  /** Origin of the service points API, a host of its own. */
  readonly servicePointsUrl: string
}

const INTEGRATION: Checks<SendcloudIntegration> = { servicePoints: flag, useOAuth2: flag }

interface Integration extends Account {
  servicePoints: boolean
  useOAuth2: boolean
}

/** Sendcloud: HTTP Basic or OAuth 2.0 by the integration's setting, two API hosts. */
export async function startSendcloud(
  context: SimulatorContext,
  options: SendcloudSimulatorOptions = {},
): Promise<Started<SendcloudSimulator>> {
  const { clock } = context
  const { expiresIn = 3599, beta = true, permissive = false, scopeOptional = false, enforcedStatus = 401 } = options
  const measured = recorder('sendcloud', context.onRequest)
  const tokens = tokenRegistry(clock)
  const book = accounts<Integration>()
  const open = (settings: SendcloudIntegration, id = randomSecret().slice(0, 32), secret = randomSecret()) => {
    const { servicePoints = true, useOAuth2 = false } = settings
    return book.add({ id, secret, locked: false, servicePoints, useOAuth2 })
  }

  const token = (request: TokenRequest): Answer => {
    if (request.form.has('client_secret')) return hydraError(400, 'invalid_request', 'Two client authentications.')
    let pair = request.basic()
    if (pair !== undefined && options.formDecodeBasic === true) {
      const decoded = formDecoded(pair)
      if (decoded === undefined) return hydraError(400, 'invalid_request', 'The client could not be decoded.')
      pair = decoded
    }
    const integration = pair === undefined ? undefined : book.verify(pair.username, pair.password)
    if (integration === undefined || !beta || !(integration.useOAuth2 || permissive)) {
      return hydraError(
        401,
        'invalid_client',
        'Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method).',
      )
    }
    const grant = request.form.get('grant_type')
    if (grant === null) return hydraError(400, 'invalid_request', 'grant_type is missing.')
    if (grant !== 'client_credentials') return hydraError(400, 'unsupported_grant_type', 'Not supported.')
    const scope = request.form.get('scope') ?? (scopeOptional ? 'api' : '')
    if (scope !== '' && scope !== 'api') return hydraError(400, 'invalid_scope', 'The requested scope is invalid.')
    const value = `ory_at_${randomSecret()}`
    tokens.issue(value, {
      client: integration.id,
      scope: scope === '' ? [] : [scope],
      expiresAt: clock.now() + expiresIn * 1000,
    })
    return json(200, { access_token: value, expires_in: expiresIn, scope, token_type: 'bearer' })
  }

  const policy = anyOf(
    basic({
      // Sendcloud documents no limit on failed attempts.
      attempts: false,
      verify(publicKey, secretKey) {
        const integration = book.verify(publicKey, secretKey)
        return integration && { party: integration.id, scope: ['api'] }
      },
    }),
    bearer(tokens.verifier),
  )

  const permitted =
    (servicePoints: boolean): RequestHandler =>
    (request, response, next) => {
      const { party, scope, layers } = getIdentity(request)
      const integration = book.get(party)
      if (integration?.useOAuth2 === true && layers.basic !== undefined) {
        const flag = 'this integration has "Use OAuth2 authentication" switched on'
        return send(response, refusal(enforcedStatus, request, `Basic authentication is not allowed: ${flag}`))
      }
      if (!scope.includes('api')) return send(response, refusal(403, request, 'The token lacks the scope "api".'))
      if (servicePoints && integration?.servicePoints !== true) {
        return send(response, refusal(403, request, 'This integration has "Service Points" switched off.'))
      }
      next()
    }

  const apiApp = (servicePoints: boolean, routes: (router: Router) => void) =>
    application().use(
      api({
        recorder: measured,
        policy,
        refuse: (_refused, request) => refusal(401, request, 'Invalid username/password.'),
        permit: permitted(servicePoints),
        routes,
      }),
    )
  const panelApp = apiApp(false, (router) => {
    router.get('/api/v2/parcels', (_request, response) =>
      send(response, json(200, { next: null, previous: null, parcels: [] })),
    )
    router.post('/api/v2/parcels', (_request, response) => send(response, json(200, { parcel: { id: 1 } })))
    router.get('/api/v2/user', (request, response) =>
      send(response, json(200, { user: { username: getIdentity(request).party } })),
    )
  })
  const servicePointsApp = apiApp(true, (router) => {
    router.get('/api/v2/service-points', (_request, response) => send(response, json(200, [])))
  })
  const tokenApp = application().all('/oauth2/token', tokenEndpoint(measured, token))
  const [tokenOrigin, baseUrl, servicePointsUrl] = await Promise.all([
    context.listen(tokenApp),
    context.listen(panelApp),
    context.listen(servicePointsApp),
  ])

  const integration = open(options, options.credentials?.publicKey, options.credentials?.secretKey)
  const shown = ({ id, secret }: Account): SendcloudCredentials => ({ publicKey: id, secretKey: secret })
  const change = (settings: SendcloudIntegration, id?: string): void => {
    checkOptions(settings, INTEGRATION, 'sendcloud')
    const integration = book.select(id)
    integration.servicePoints = settings.servicePoints ?? integration.servicePoints
    integration.useOAuth2 = settings.useOAuth2 ?? integration.useOAuth2
  }
  return {
    get credentials() {
      return shown(integration)
    },
    get options() {
      return {
        mode: integration.useOAuth2 ? ('oauth2' as const) : ('basic' as const),
        origins: [baseUrl, servicePointsUrl],
        tokenEndpoint: `${tokenOrigin}/oauth2/token`,
        ca: context.authority.certificate,
      }
    },
    baseUrl,
    servicePointsUrl,
    control: {
      ...baseControl(measured, tokens, book),
      rotate(id) {
        const integration = book.select(id)
        integration.secret = randomSecret()
        return shown(integration)
      },
      setIntegration: change,
      change,
      createAccount: async (settings = {}) => {
        checkOptions(settings, INTEGRATION, 'sendcloud')
        return shown(open(settings))
      },
    },
  }
}

function refusal(code: 401 | 403, request: Request, message: string): Answer {
  const headers = code === 401 ? { 'www-authenticate': 'Basic realm="api"' } : {}
  return json(code, { error: { code, request: request.path.slice(1), message } }, headers)
}

function hydraError(status: number, error: string, description: string): Answer {
  return status === 401
    ? json(status, { error, error_description: description, status_code: status })
    : oauthError(status, error, description)
}

function formDecoded({ username, password }: BasicCredentials): BasicCredentials | undefined {
  const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '))
  try {
    return { username: decode(username), password: decode(password) }
  } catch {
    return undefined
  }
}
