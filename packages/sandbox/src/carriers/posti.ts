import { checkOptions } from '@auth/core/options'
import { bearer } from '@auth/core/verify'
import { type Account, accounts, randomId, randomSecret } from '../accounts.ts'
import { api, application } from '../api.ts'
import { recorder } from '../recorder.ts'
import { type Answer, json, oauthError, send } from '../response.ts'
import { baseControl, type Control, type Simulator, type SimulatorContext, type Started } from '../simulator.ts'
import { type TokenRequest, tokenEndpoint } from '../token-endpoint.ts'
import { tokenRegistry } from '../token-registry.ts'

export interface PostiCredentials {
  readonly username: string
  readonly password: string
}

/** Fits `posti(credentials, options)`. */
export interface PostiClientOptions {
  readonly environment: 'QA'
  readonly origins: string[]
  readonly tokenEndpoint: string
  readonly ca: string
}

export interface PostiLockout {
  /** Invalid logins that lock the account. Default 5. */
  readonly attempts?: number
  /** ms that it stays locked. Default 3 600 000. */
  readonly duration?: number
  /**
   * `consecutive` (default): a valid login resets the count. `cumulative`: nothing does but a lock that ran out.
   * `rolling`: the invalid logins of the last `duration` count.
   */
  readonly counting?: 'consecutive' | 'cumulative' | 'rolling'
  /** Whether attempts during the lock extend it. Default `false`. */
  readonly extends?: boolean
  /** Whether locking revokes the tokens that were issued before. Default `false`. */
  readonly revokesTokens?: boolean
}

/** Where the document leaves something open; the defaults are the likeliest reading. */
export interface PostiSimulatorOptions {
  /** Default: random. */
  readonly credentials?: Partial<PostiCredentials>
  /** Seconds that a token lives. Default 3599. */
  readonly expiresIn?: number
  /** Where `grant_type` is looked for. Default `either`. */
  readonly grantPlacement?: 'either' | 'query' | 'body'
  readonly lockout?: PostiLockout
  /** Body of a rejected login. Default `spring`: `timestamp`, `status`, `error`, `message`, `path`. */
  readonly errorBody?: 'spring' | 'rfc6749'
  /** Whether a rejected login has `WWW-Authenticate: Basic`. Default `false`. */
  readonly challenge?: boolean
  /** Whether a token request without `Accept: application/json` is answered with 406 and HTML. Default `false`. */
  readonly requireAccept?: boolean
  /** Charset of the Base64-encoded pair. Default `utf8`. */
  readonly passwordCharset?: 'utf8' | 'latin1'
}

export type PostiSimulator = Simulator<PostiCredentials, PostiClientOptions>

interface PostiAccount extends Account {
  /** Epoch ms of the invalid logins that count. */
  failures: number[]
  /** Epoch ms. */
  lockedUntil: number
}

const NEVER = Number.NEGATIVE_INFINITY

/** Posti: HTTP Basic at the token endpoint, the grant in the query, an account that locks itself. */
export async function startPosti(
  context: SimulatorContext,
  options: PostiSimulatorOptions = {},
): Promise<Started<PostiSimulator>> {
  const { clock } = context
  const { expiresIn = 3599, grantPlacement = 'either', passwordCharset = 'utf8' } = options
  const {
    attempts = 5,
    duration = 3_600_000,
    counting = 'consecutive',
    extends: extending = false,
  } = options.lockout ?? {}
  const measured = recorder('posti', context.onRequest)
  const tokens = tokenRegistry(clock)
  const book = accounts<PostiAccount>()
  const open = (id = randomId('account'), secret = randomSecret()): PostiAccount =>
    book.add({ id, secret, locked: false, failures: [], lockedUntil: NEVER })

  const lock = (account: PostiAccount): void => {
    account.lockedUntil = clock.now() + duration
    account.failures = []
    if (options.lockout?.revokesTokens === true) tokens.revoke(account.id)
  }

  const login = (id: string, secret: string): PostiAccount | undefined => {
    const account = book.get(id)
    if (account === undefined) return undefined
    const now = clock.now()
    if (now < account.lockedUntil) {
      if (extending) account.lockedUntil = now + duration
      return undefined
    }
    if (account.secret === secret) {
      if (counting === 'consecutive') account.failures = []
      return account
    }
    if (counting === 'rolling') account.failures = account.failures.filter((at) => at > now - duration)
    account.failures.push(now)
    if (account.failures.length >= attempts) lock(account)
    return undefined
  }

  const badCredentials = (path: string): Answer => {
    const headers = options.challenge === true ? { 'www-authenticate': 'Basic realm="posti"' } : {}
    return options.errorBody === 'rfc6749'
      ? json(401, { error: 'invalid_client', error_description: 'Bad credentials' }, headers)
      : unauthorized(clock.now(), 'Bad credentials', path, headers)
  }

  const token = (request: TokenRequest): Answer => {
    if (options.requireAccept === true && !acceptsJson(request.headers.accept)) {
      return { status: 406, headers: { 'content-type': 'text/html' }, body: '<h1>406 Not Acceptable</h1>' }
    }
    const grant = grantOf(request, grantPlacement)
    if (grant === undefined) return oauthError(400, 'invalid_request', 'Missing grant type')
    if (grant !== 'client_credentials') return oauthError(400, 'unsupported_grant_type')
    if (request.form.has('client_secret')) return oauthError(400, 'invalid_request', 'Two client authentications')
    const pair = request.basic(passwordCharset)
    const account = pair === undefined ? undefined : login(pair.username, pair.password)
    if (account === undefined) return badCredentials(request.path)
    const value = randomSecret()
    tokens.issue(value, { client: account.id, scope: [], expiresAt: clock.now() + expiresIn * 1000 })
    return json(200, { token_type: 'bearer', access_token: value, expires_in: expiresIn })
  }

  const tokenApp = application().all('/oauth/token', tokenEndpoint(measured, token))
  const apiApp = application().use(
    api({
      recorder: measured,
      policy: bearer(tokens.verifier),
      refuse: (_refused, request) =>
        unauthorized(clock.now(), 'Unauthorized', request.path, { 'www-authenticate': 'Bearer' }),
      routes: (router) => {
        router.get('/estimation/v1/estimates', (_request, response) =>
          send(response, json(200, { estimates: [{ product: '2103', deliveryDate: '2026-01-05' }] })),
        )
        router.post('/shipments/v1/shipments', (_request, response) =>
          send(response, json(201, { shipmentId: 'JJFI60000000000000001' })),
        )
      },
    }),
  )
  const [tokenOrigin, baseUrl, warehouse] = await Promise.all([
    context.listen(tokenApp),
    // Two hosts of the same API: one token is good for several services.
    context.listen(apiApp),
    context.listen(apiApp),
  ])

  const account = open(options.credentials?.username, options.credentials?.password)
  const shown = ({ id, secret }: Account): PostiCredentials => ({ username: id, password: secret })
  const control: Control<PostiCredentials> = {
    ...baseControl(measured, tokens, book),
    rotate(id) {
      const account = book.select(id)
      account.secret = randomSecret()
      return shown(account)
    },
    lock: (id) => lock(book.select(id)),
    unlock(id) {
      const account = book.select(id)
      account.lockedUntil = NEVER
      account.failures = []
    },
    createAccount: async (settings = {}) => {
      checkOptions(settings, {}, 'posti')
      return shown(open())
    },
  }
  return {
    get credentials() {
      return shown(account)
    },
    options: {
      environment: 'QA',
      origins: [baseUrl, warehouse],
      tokenEndpoint: `${tokenOrigin}/oauth/token`,
      ca: context.authority.certificate,
    },
    baseUrl,
    control,
  }
}

function grantOf({ query, form }: TokenRequest, placement: 'either' | 'query' | 'body'): string | undefined {
  const inQuery = placement === 'body' ? null : query.get('grant_type')
  const inBody = placement === 'query' ? null : form.get('grant_type')
  return inQuery ?? inBody ?? undefined
}

// The shape of Spring Boot's default error, which is what "Status, Error, Message" of the document's table names.
function unauthorized(now: number, message: string, path: string, headers: Record<string, string>): Answer {
  const timestamp = new Date(now).toISOString().replace('Z', '+00:00')
  return json(401, { timestamp, status: 401, error: 'Unauthorized', message, path }, headers)
}

function acceptsJson(accept: string | string[] | undefined): boolean {
  return /\bapplication\/json\b/.test(String(accept ?? ''))
}
