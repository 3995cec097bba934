import { X509Certificate } from 'node:crypto'
import { type Checks, checkOptions, milliseconds } from '@auth/core/options'
import { allOf, apiKey, bearer, clientCertificate, hashApiKey, type Policy, type Refused } from '@auth/core/verify'
import { type Account, accounts, randomId, randomSecret } from '../accounts.ts'
import { api, application, failedLayer } from '../api.ts'
import { type Forgery, jwtIssuer } from '../jwt-issuer.ts'
import { createCsr, type Identity, type KeyType } from '../pki.ts'
import { recorder } from '../recorder.ts'
import { type Answer, json, oauthError, send } from '../response.ts'
import { baseControl, type Control, type Simulator, type SimulatorContext, type Started } from '../simulator.ts'
import { type TokenRequest, tokenEndpoint } from '../token-endpoint.ts'
import { tokenRegistry } from '../token-registry.ts'

export interface EasypostConnectCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly apiKey: string
  readonly tls: Identity
}

/** Fits `easypostConnect(credentials, options)`. */
export interface EasypostConnectClientOptions {
  readonly environment: 'ACC'
  readonly origins: string[]
  readonly tokenEndpoint: string
  readonly ca: string
}

/** Where the document leaves something open; the defaults are the likeliest reading. */
export interface EasypostConnectSimulatorOptions {
  /** Default: random. */
  readonly credentials?: Partial<Omit<EasypostConnectCredentials, 'tls'>>
  /** Seconds that a token lives. Default 3600. */
  readonly expiresIn?: number
  /** Key of the client certificate. Default `rsa`, 2048 bits. */
  readonly keyType?: KeyType
  /** Whether the token domain asks for a client certificate, or insists on one. Default `ignored`: neither. */
  readonly tokenEndpointCertificate?: 'ignored' | 'requested' | 'required'
  /** Whether a bad client certificate fails in the TLS handshake (default) or is answered with 403. */
  readonly certificateRefusal?: 'handshake' | 'answer'
  /** Whether certificate, key and token must belong to one account. Default `true`. */
  readonly bound?: boolean
  /** Epoch ms at which the API key expires. Default: never. */
  readonly apiKeyExpiresAt?: number
  /** Epoch ms, by the machine's clock, at which the certificates that are issued expire. Default: in a year. */
  readonly certificateExpiresAt?: number
  /** Statuses of rejections. Default: client 400, token 401, key 403. */
  readonly statuses?: { readonly client?: 400 | 401; readonly token?: 401 | 403; readonly apiKey?: 401 | 403 }
}

export interface EasypostConnectControl extends Control<EasypostConnectCredentials> {
  /** The portal: takes the account's certificate signing request and returns `client.crt`, PEM. */
  submitCsr(csr: string, account?: string): Promise<string>
  /** A JWT of the account that may be wrong in every way. */
  mint(forgery?: Forgery): Promise<string>
}

export type EasypostConnectSimulator = Simulator<
  EasypostConnectCredentials,
  EasypostConnectClientOptions,
  EasypostConnectControl
>

interface Customer extends Account {
  apiKey: string
  readonly tls: Identity
}

/** Of `createAccount()`. */
interface AccountSettings {
  /** Epoch ms, by the machine's clock, at which the account's certificate expires. */
  readonly certificateExpiresAt?: number
}

const ACCOUNT_SETTINGS: Checks<AccountSettings> = { certificateExpiresAt: milliseconds() }
const ANYBODY = 'anybody'
const DAY = 86_400_000

/** Valid since the day before its end, or since yesterday. */
function validUntil(end: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Math.min(Date.now(), end) - DAY), notAfter: new Date(end) }
}

/** EasyPost Connect: mutual TLS, an API key and a token on every call; the token domain is apart from the API. */
export async function startEasypostConnect(
  context: SimulatorContext,
  options: EasypostConnectSimulatorOptions = {},
): Promise<Started<EasypostConnectSimulator>> {
  const { clock, authority } = context
  const {
    expiresIn = 3600,
    keyType = 'rsa',
    tokenEndpointCertificate = 'ignored',
    certificateRefusal = 'handshake',
  } = options
  const { bound = true } = options
  const statuses = { client: 400, token: 401, apiKey: 403, ...options.statuses }
  const measured = recorder('easypost-connect', context.onRequest)
  const tokens = tokenRegistry(clock)
  const book = accounts<Customer>()
  const holders = new Map<string, string>()

  const submitCsr = async (
    holder: string,
    csr: string,
    expiresAt: number | undefined = options.certificateExpiresAt,
  ): Promise<string> => {
    const cert = await authority.signCsr(csr, expiresAt === undefined ? {} : validUntil(expiresAt))
    holders.set(new X509Certificate(cert).fingerprint256, holder)
    return cert
  }
  const open = async ({
    clientId: id = randomId('client'),
    clientSecret: secret = randomSecret(),
    apiKey: key = randomSecret(),
    certificateExpiresAt,
  }: Partial<Omit<EasypostConnectCredentials, 'tls'>> & AccountSettings = {}): Promise<Customer> => {
    const request = await createCsr({ keyType })
    const tls = { cert: await submitCsr(id, request.csr, certificateExpiresAt), key: request.key }
    return book.add({ id, secret, apiKey: key, tls, locked: false })
  }

  const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority.certificate }
  const [tokenApp, apiApp, storageApp] = [application(), application(), application()]
  const [tokenOrigin, baseUrl, storage, customer] = await Promise.all([
    context.listen(
      tokenApp,
      tokenEndpointCertificate === 'ignored'
        ? {}
        : { ...mutual, rejectUnauthorized: tokenEndpointCertificate === 'required' },
    ),
    context.listen(apiApp, { ...mutual, rejectUnauthorized: certificateRefusal === 'handshake' }),
    context.listen(storageApp),
    open(options.credentials),
  ])
  const issuer = await jwtIssuer({ clock, tokens, issuer: tokenOrigin, audience: baseUrl })

  const token = async ({ form, authorization }: TokenRequest): Promise<Answer> => {
    if (authorization !== undefined) return oauthError(400, 'invalid_request')
    const client = book.verify(form.get('client_id') ?? '', form.get('client_secret') ?? '')
    if (client === undefined) return oauthError(statuses.client, 'invalid_client')
    const grant = form.get('grant_type')
    if (grant === null) return oauthError(400, 'invalid_request')
    if (grant !== 'client_credentials') return oauthError(400, 'unsupported_grant_type')
    // The document names no scope: one that is sent is ignored.
    const value = await issuer.issue(client.id, [], expiresIn)
    return json(200, { access_token: value, expires_in: expiresIn, token_type: 'Bearer' })
  }

  const party = (holder: string | undefined): string | undefined => (bound || holder === undefined ? holder : ANYBODY)
  const certificate = clientCertificate({ party: ({ fingerprint256 }) => party(holders.get(fingerprint256)) })
  const accessToken = bearer(
    Object.assign(issuer.verifier, { party: (claims: { client_id?: string }) => party(claims.client_id) }),
  )
  const layers = (): Policy =>
    // In the order in which the carrier checks: certificate, token, key.
    allOf(
      certificate,
      accessToken,
      apiKey({
        clock,
        keys: book.all().map(({ id, apiKey: key }) => ({
          id,
          hash: hashApiKey(key),
          ...(party(id) !== undefined && { party: party(id) as string }),
          ...(options.apiKeyExpiresAt !== undefined && { expiresAt: options.apiKeyExpiresAt }),
        })),
      }),
    )
  let policy = layers()

  const refuse = (refused: Refused): Answer => {
    const layer = failedLayer(refused)
    return layer === 'bearer'
      ? json(statuses.token, { message: statuses.token === 401 ? 'Unauthorized' : 'Forbidden' })
      : json(layer === 'apiKey' ? statuses.apiKey : 403, { message: 'Forbidden' })
  }

  tokenApp.all('/oauth2/token', tokenEndpoint(measured, token))
  apiApp.use(
    api({
      recorder: measured,
      policy: { layers: policy.layers, decide: (request) => policy.decide(request) },
      refuse,
      routes: (router) => {
        router.get('/jobs', (_request, response) => send(response, json(200, { jobs: [] })))
        router.post('/jobs', (_request, response) => send(response, json(201, { jobId: 'J-1' })))
        router.post('/jobs/single-file', (_request, response) =>
          send(
            response,
            json(201, { jobId: 'J-1', fileUploadUrl: `${storage}/uploads/J-1?signature=${randomSecret()}` }),
          ),
        )
      },
    }),
  )
  // A presigned URL: its signature is its only credential, and another one is an error, as at S3.
  storageApp.put('/uploads/:job', ({ headers, query }, response) => {
    const bare = headers.authorization === undefined && headers['x-api-key'] === undefined
    send(response, bare && query.signature !== undefined ? { status: 200 } : json(400, { code: 'InvalidArgument' }))
  })

  const shown = ({ id, secret, apiKey: key, tls }: Customer): EasypostConnectCredentials => ({
    clientId: id,
    clientSecret: secret,
    apiKey: key,
    tls,
  })
  return {
    get credentials() {
      return shown(customer)
    },
    options: {
      environment: 'ACC',
      origins: [baseUrl],
      tokenEndpoint: `${tokenOrigin}/oauth2/token`,
      ca: authority.certificate,
    },
    baseUrl,
    control: {
      ...baseControl(measured, tokens, book),
      // Key and secret are issued together, so they are replaced together.
      rotate(id) {
        const customer = book.select(id)
        customer.secret = randomSecret()
        customer.apiKey = randomSecret()
        policy = layers()
        return shown(customer)
      },
      async createAccount(settings: AccountSettings = {}) {
        checkOptions(settings, ACCOUNT_SETTINGS, 'easypost-connect')
        const further = await open(settings)
        policy = layers()
        return shown(further)
      },
      submitCsr: (csr, id) => submitCsr(book.select(id).id, csr),
      mint: (forgery) => issuer.mint(customer.id, [], forgery),
    },
  }
}
