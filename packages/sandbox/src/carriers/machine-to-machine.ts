import { createHmac } from 'node:crypto'
import { checkOptions, listOf, text } from '@auth/core/options'
import { bearer, type Verifier } from '@auth/core/verify'
import { getIdentity } from '@auth/express'
import { type Account, accounts, randomId, randomSecret } from '../accounts.ts'
import { api, application } from '../api.ts'
import { type Forgery, jwtIssuer } from '../jwt-issuer.ts'
import { recorder } from '../recorder.ts'
import { type Answer, json, oauthError, send } from '../response.ts'
import { baseControl, type Control, type Simulator, type SimulatorContext, type Started } from '../simulator.ts'
import { type TokenRequest, tokenEndpoint } from '../token-endpoint.ts'
import { tokenRegistry } from '../token-registry.ts'

export interface MachineToMachineCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Fits `machineToMachine(credentials, options)`. */
export interface MachineToMachineClientOptions {
  readonly baseUrl: string
  readonly ca: string
}

/** Where the document leaves something open; the defaults are the likeliest reading. */
export interface MachineToMachineSimulatorOptions {
  /** Default: random. */
  readonly credentials?: Partial<MachineToMachineCredentials>
  /** Seconds that a token lives. Default 3600. */
  readonly expiresIn?: number
  /** What tokens are. Default `RS256`: a JWT signed so; `opaque` looks like the document's sample, which is no JWT. */
  readonly tokenFormat?: 'RS256' | 'HS256' | 'opaque'
  /** Status of a token request that is not form-encoded. Default 415. */
  readonly unsupportedMediaStatus?: 400 | 415
  /** Status of an API call with an expired token. Default 401. */
  readonly expiredStatus?: 401 | 403
}

export interface MachineToMachineControl extends Control<MachineToMachineCredentials> {
  /** A JWT of the account that may be wrong in every way. */
  mint(forgery?: Forgery): Promise<string>
  /** Opens a further account; `permissions` (default: `shipments`) are what its tokens grant. */
  /** `permissions` of the new account, as a list or as `{ permissions }`. */
  createAccount(
    permissions?: readonly string[] | { readonly permissions?: readonly string[] },
  ): Promise<MachineToMachineCredentials>
}

export type MachineToMachineSimulator = Simulator<
  MachineToMachineCredentials,
  MachineToMachineClientOptions,
  MachineToMachineControl
>

interface Client extends Account {
  readonly permissions: readonly string[]
}

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i

/** The machine-to-machine API: HTTP Basic at the token endpoint, JWT access tokens, token endpoint and API on one host. */
export async function startMachineToMachine(
  context: SimulatorContext,
  options: MachineToMachineSimulatorOptions = {},
): Promise<Started<MachineToMachineSimulator>> {
  const { clock } = context
  const { expiresIn = 3600, tokenFormat = 'RS256', unsupportedMediaStatus = 415, expiredStatus = 401 } = options
  const measured = recorder('machine-to-machine', context.onRequest)
  const tokens = tokenRegistry(clock)
  const book = accounts<Client>()
  const open = (permissions: readonly string[] = ['shipments'], id = randomId('client'), secret = randomSecret()) =>
    book.add({ id, secret, locked: false, permissions })

  const app = application()
  // Nobody knows the port before the routes are there.
  const baseUrl = await context.listen(app)
  const issuer = await jwtIssuer({ clock, tokens, issuer: baseUrl, audience: baseUrl })

  const issue = async (client: Client): Promise<string> => {
    if (tokenFormat === 'RS256') return issuer.issue(client.id, client.permissions, expiresIn)
    const value = tokenFormat === 'opaque' ? opaque() : hmacJwt(client.id, clock.now(), expiresIn)
    tokens.issue(value, { client: client.id, scope: client.permissions, expiresAt: clock.now() + expiresIn * 1000 })
    return value
  }
  const verifier: Verifier = tokenFormat === 'RS256' ? issuer.verifier : tokens.verifier

  const token = async (request: TokenRequest): Promise<Answer> => {
    if (!FORM.test(String(request.headers['content-type'] ?? ''))) {
      return unsupportedMediaStatus === 415
        ? json(415, { error: 'unsupported_media_type' })
        : oauthError(400, 'invalid_request')
    }
    if (request.form.has('client_secret')) return oauthError(400, 'invalid_request', 'Two client authentications')
    const pair = request.basic()
    const client = pair === undefined ? undefined : book.verify(pair.username, pair.password)
    if (client === undefined) {
      return json(401, { error: 'invalid_client' }, { 'www-authenticate': 'Basic realm="oauth"' })
    }
    const grant = request.form.get('grant_type')
    if (grant === null) return oauthError(400, 'invalid_request', 'grant_type is required')
    if (grant !== 'client_credentials') return oauthError(400, 'unsupported_grant_type')
    return json(200, { token_type: 'Bearer', expires_in: expiresIn, access_token: await issue(client) })
  }

  app.all('/oauth/v2/token', tokenEndpoint(measured, token))
  app.use(
    api({
      recorder: measured,
      policy: bearer(verifier),
      refuse: ({ reports }) =>
        expiredStatus === 403 && reports.some(({ reason }) => reason === 'expired')
          ? json(403, { message: 'Forbidden' })
          : json(401, { message: 'Unauthorized' }, { 'www-authenticate': 'Bearer' }),
      permit: (request, response, next) => {
        const needed = request.path.startsWith('/v1/admin/') ? 'admin' : 'shipments'
        if (getIdentity(request).scope.includes(needed)) next()
        else send(response, json(403, { message: 'Forbidden' }))
      },
      routes: (router) => {
        router.get('/v1/shipments', (_request, response) => send(response, json(200, { shipments: [] })))
        router.post('/v1/shipments', (_request, response) => send(response, json(201, { id: 'S-1' })))
        router.delete('/v1/shipments/:id', (_request, response) => send(response, { status: 204 }))
        router.get('/v1/admin/users', (_request, response) => send(response, json(200, { users: [] })))
      },
    }),
  )

  const account = open(undefined, options.credentials?.clientId, options.credentials?.clientSecret)
  const shown = ({ id, secret }: Account): MachineToMachineCredentials => ({ clientId: id, clientSecret: secret })
  return {
    get credentials() {
      return shown(account)
    },
    options: { baseUrl, ca: context.authority.certificate },
    baseUrl,
    control: {
      ...baseControl(measured, tokens, book),
      rotate(id) {
        const account = book.select(id)
        account.secret = randomSecret()
        return shown(account)
      },
      mint: (forgery) => issuer.mint(account.id, account.permissions, forgery),
      createAccount: async (settings = {}) => {
        if (isList(settings)) return shown(open(settings))
        checkOptions(settings, { permissions: listOf(text) }, 'machine-to-machine')
        return shown(open(settings.permissions))
      },
    },
  }
}

function isList(settings: object): settings is readonly string[] {
  return Array.isArray(settings)
}

function opaque(): string {
  return Buffer.from(`${randomSecret()}-`).toString('base64')
}

function hmacJwt(client: string, now: number, expiresIn: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(now / 1000) + expiresIn
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: client, exp, jti: randomSecret() })}`
  return `${text}.${createHmac('sha256', randomSecret()).update(text).digest('base64url')}`
}
