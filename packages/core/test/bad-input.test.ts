import { createPrivateKey } from 'node:crypto'
import { inspect } from 'node:util'
import {
  type AuthRequest,
  apiKey,
  basic,
  bearer,
  ConfigurationError,
  clientCertificate,
  clientCredentials,
  clientSecretBasic,
  clientSecretPost,
  createStrategy,
  easypostConnect,
  machineToMachine,
  memoryStore,
  nzPost,
  oauth2,
  posti,
  queryKey,
  sendcloud,
  tokenCache,
  trustAnchors,
} from '@auth/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { selfSigned } from './support/certificates.ts'

const SECRET = 'sHhh-do-not-say-this'
const DAY = 86_400_000
const origins = ['https://api.example.com']
const key = apiKey('x-api-key', 'key')
const auth = clientSecretPost('id', 'secret')
const tokenEndpoint = 'https://auth.example.com/token'

// Options that the types forbid: whoever has no compiler is told by the factory.
type Loose = (...args: unknown[]) => unknown
const loose = (factory: unknown): Loose => factory as Loose

const strategy = (own: object): unknown => loose(createStrategy)({ origins, layers: [key], ...own })
const source = (own: object): unknown => loose(oauth2)({ tokenEndpoint, clientAuth: auth, ...own })

let good: { cert: string; key: string }
let other: { cert: string; key: string }
let expired: { cert: string; key: string }
let future: { cert: string; key: string }
let encrypted: string
beforeAll(async () => {
  good = await selfSigned()
  other = await selfSigned()
  expired = await selfSigned(new Date(Date.now() - 2 * DAY), new Date(Date.now() - DAY))
  future = await selfSigned(new Date(Date.now() + DAY), new Date(Date.now() + 2 * DAY))
  const cipher = { cipher: 'aes-256-cbc', passphrase: SECRET }
  encrypted = createPrivateKey(good.key).export({ format: 'pem', type: 'pkcs8', ...cipher }) as string
})

/** What an attempt is refused with: the option and the words, neither of them with a secret in it. */
function refusal(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', name: 'ConfigurationError' })
    const { option, message } = error as ConfigurationError
    expect(message.startsWith(`${option}: `)).toBe(true)
    const shown = [message, inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), String(error)]
    for (const text of shown) {
      expect(text).not.toContain(SECRET)
      expect(text).not.toContain('PRIVATE KEY-----\n')
    }
    return option
  }
  return 'accepted'
}

type Case = readonly [what: string, option: string, attempt: () => unknown]

const httpsCases = (option: string, attempt: (value: unknown) => unknown): Case[] =>
  [
    ['http:', 'http://api.example.com'],
    ['http: on a loopback host', 'http://127.0.0.1:8080'],
    ['a user name', `https://${SECRET}@api.example.com`],
    ['a password', `https://user:${SECRET}@api.example.com`],
    ['another scheme', 'ftp://api.example.com'],
    ['no scheme', 'api.example.com'],
    ['no host', 'https://'],
    ['nothing', ''],
    ['a number', 5],
    ['null', null],
    ['a URL object', new URL('https://api.example.com')],
  ].map(([what, value]): Case => [`${option} with ${what}`, option, () => attempt(value)])

/** Values that are no secret, for an option that takes one. */
const secretCases = (option: string, attempt: (value: unknown) => unknown): Case[] =>
  [
    ['undefined', undefined],
    ['null', null],
    ['nothing in it', ''],
    ['a number', 12345],
    ['an object', { toString: () => SECRET }],
    ['a Buffer', Buffer.from(SECRET)],
    ['a line break at its end', `${SECRET}\n`],
    ['a carriage return at its end', `${SECRET}\r\n`],
    ['a NUL in it', `${SECRET}\0`],
  ].map(([what, value]): Case => [`${option} with ${what}`, option, () => attempt(value)])

const CASES: Readonly<Record<string, readonly Case[]>> = {
  createStrategy: [
    ['no options', 'options', () => loose(createStrategy)()],
    ['null', 'options', () => loose(createStrategy)(null)],
    ['a list', 'options', () => loose(createStrategy)([])],
    ['an unknown option', 'recoveron', () => strategy({ recoveron: [401] })],
    ['no origins', 'origins', () => strategy({ origins: undefined })],
    ['an empty list of origins', 'origins', () => strategy({ origins: [] })],
    ['one origin without a list', 'origins', () => strategy({ origins: 'https://api.example.com' })],
    ...httpsCases('origins', (value) => strategy({ origins: [value] })),
    ['an origin with a path', 'origins', () => strategy({ origins: ['https://api.example.com/v2'] })],
    ['an origin with a query', 'origins', () => strategy({ origins: [`https://api.example.com/?key=${SECRET}`] })],
    ['a wildcard', 'origins', () => strategy({ origins: ['https://*.example.com'] })],
    [
      'http: elsewhere, allowed on loopback',
      'origins',
      () => strategy({ origins: ['http://127.0.0.1.example.com'], allowInsecureLoopback: true }),
    ],
    ['no layers', 'layers', () => strategy({ layers: undefined })],
    ['an empty list of layers', 'layers', () => strategy({ layers: [] })],
    ['one layer without a list', 'layers', () => strategy({ layers: key })],
    ['a hole', 'layers', () => strategy({ layers: [key, undefined] })],
    ['a token source for a layer', 'layers', () => strategy({ layers: [source({})] })],
    ['two layers for one header', 'layers', () => strategy({ layers: [key, apiKey('X-API-Key', 'other')] })],
    [
      'two identities for one connection',
      'layers',
      () => strategy({ layers: [clientCertificate(good), trustAnchors(good.cert)] }),
    ],
    ['recoverOn that is no list', 'recoverOn', () => strategy({ recoverOn: 401 })],
    ['recoverOn of a success', 'recoverOn', () => strategy({ recoverOn: [200] })],
    ['recoverOn of strings', 'recoverOn', () => strategy({ recoverOn: ['401'] })],
    ['replay of another kind', 'replay', () => strategy({ replay: 'sometimes' })],
    ['replay of true', 'replay', () => strategy({ replay: true })],
    ['onEvent that cannot be called', 'onEvent', () => strategy({ onEvent: 'log' })],
    ['allowInsecureLoopback as a string', 'allowInsecureLoopback', () => strategy({ allowInsecureLoopback: 'false' })],
    ['an empty id', 'id', () => strategy({ id: '' })],
    ['an id that is no string', 'id', () => strategy({ id: 5 })],
    ['a hint that is no string', 'hint', () => strategy({ hint: {} })],
    ['a clock that tells no time', 'clock', () => strategy({ clock: { now: () => 0 } })],
  ],
  basic: [
    ['no options', 'options', () => loose(basic)()],
    ['an unknown option', 'user', () => loose(basic)({ user: 'u', password: 'p' })],
    ...secretCases('username', (value) => loose(basic)({ username: value, password: 'p' })),
    // Empty is allowed: some carriers take a key as the user name.
    ...secretCases('password', (value) => loose(basic)({ username: 'u', password: value === '' ? 0 : value })),
    ['a colon in the user name', 'username', () => basic({ username: `a:${SECRET}`, password: 'p' })],
  ],
  apiKey: [
    ['no header', 'headerName', () => loose(apiKey)(undefined, 'key')],
    ['an empty header', 'headerName', () => apiKey('', 'key')],
    ['a colon in the header', 'headerName', () => apiKey('x-api-key:', 'key')],
    ['a space in the header', 'headerName', () => apiKey('client_id ', 'key')],
    ...secretCases('apiKey', (value) => loose(apiKey)('x-api-key', value)),
    ['a key that no header can carry', 'apiKey', () => apiKey('x-api-key', `${SECRET}-ä`)],
    ['a key with a space before it', 'apiKey', () => apiKey('x-api-key', ` ${SECRET}`)],
  ],
  queryKey: [
    ['no parameter', 'parameter', () => loose(queryKey)(undefined, 'key')],
    ['an empty parameter', 'parameter', () => queryKey('', 'key')],
    ...secretCases('queryKey', (value) => loose(queryKey)('apikey', value)),
  ],
  bearer: [
    ['no source', 'source', () => loose(bearer)()],
    ['a token instead of a source', 'source', () => loose(bearer)(SECRET)],
    ['a source without a method', 'source', () => loose(bearer)({ token: SECRET })],
  ],
  clientCertificate: [
    ['no identity', 'tls', () => loose(clientCertificate)()],
    ['null', 'tls', () => loose(clientCertificate)(null)],
    ['a path', 'tls', () => loose(clientCertificate)('/etc/ssl/client.pem')],
    ['an empty identity', 'tls.cert', () => clientCertificate({})],
    ['a certificate without its key', 'tls.key', () => clientCertificate({ cert: good.cert })],
    ['a key without its certificate', 'tls.cert', () => clientCertificate({ key: good.key })],
    ['a path for a certificate', 'tls.cert', () => clientCertificate({ cert: 'client.crt', key: good.key })],
    ['a path for a key', 'tls.key', () => clientCertificate({ cert: good.cert, key: `/run/${SECRET}` })],
    ['an empty key', 'tls.key', () => clientCertificate({ cert: good.cert, key: '' })],
    ['a key that is no string', 'tls.key', () => loose(clientCertificate)({ cert: good.cert, key: 5 })],
    [
      'certificate and key the wrong way round',
      'tls.cert',
      () => clientCertificate({ cert: good.key, key: good.cert }),
    ],
    [
      'PEM of nothing',
      'tls.cert',
      () =>
        clientCertificate({ cert: `-----BEGIN CERTIFICATE-----\n${SECRET}\n-----END CERTIFICATE-----`, key: good.key }),
    ],
    [
      'a key that is none',
      'tls.key',
      () =>
        clientCertificate({
          cert: good.cert,
          key: `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`,
        }),
    ],
    ['a key of another certificate', 'tls.key', () => clientCertificate({ cert: good.cert, key: other.key })],
    ['an expired certificate', 'tls.cert', () => clientCertificate(expired)],
    ['a certificate that is not valid yet', 'tls.cert', () => clientCertificate(future)],
    [
      'an encrypted key without its passphrase',
      'tls.key',
      () => clientCertificate({ cert: good.cert, key: encrypted }),
    ],
    [
      'an encrypted key with a wrong passphrase',
      'tls.passphrase',
      () => clientCertificate({ cert: good.cert, key: encrypted, passphrase: `${SECRET}!` }),
    ],
    ['a PKCS #12 file', 'tls.pfx', () => loose(clientCertificate)({ pfx: Buffer.from('x'), passphrase: SECRET })],
    [
      'a member that TLS knows and we do not',
      'tls.rejectUnauthorized',
      () => loose(clientCertificate)({ ...good, rejectUnauthorized: false }),
    ],
    [
      'a passphrase under another name',
      'tls.pass',
      () => loose(clientCertificate)({ cert: good.cert, key: encrypted, pass: SECRET }),
    ],
    [
      'anchors that are none',
      'tls.ca',
      () => clientCertificate({ ...good, ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }),
    ],
  ],
  trustAnchors: [
    ['nothing', 'ca', () => loose(trustAnchors)()],
    ['an empty string', 'ca', () => trustAnchors('')],
    ['a path', 'ca', () => trustAnchors('/etc/ssl/ca.pem')],
    ['a private key', 'ca', () => trustAnchors(good.key)],
    [
      'one that is broken among others',
      'ca',
      () => trustAnchors(`${good.cert}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`),
    ],
  ],
  oauth2: [
    ['no options', 'options', () => loose(oauth2)()],
    ['an unknown option', 'tokenUrl', () => source({ tokenUrl: tokenEndpoint })],
    ['no token endpoint', 'tokenEndpoint', () => source({ tokenEndpoint: undefined })],
    ...httpsCases('tokenEndpoint', (value) => source({ tokenEndpoint: value })),
    ['a fragment', 'tokenEndpoint', () => source({ tokenEndpoint: `${tokenEndpoint}#x` })],
    ['no client authentication', 'clientAuth', () => source({ clientAuth: undefined })],
    ['a name for a client authentication', 'clientAuth', () => source({ clientAuth: 'client_secret_basic' })],
    ['half a client authentication', 'clientAuth', () => source({ clientAuth: { apply() {} } })],
    ['a name for a grant', 'grant', () => source({ grant: 'client_credentials' })],
    ['null for a grant', 'grant', () => source({ grant: null })],
    ['a store that is none', 'store', () => source({ store: new Map() })],
    ['null for a store', 'store', () => source({ store: null })],
    ['a budget that is no list', 'budget', () => source({ budget: { count: 1, per: 1000 } })],
    ['a fetch that cannot be called', 'fetch', () => source({ fetch: 'undici' })],
    ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '10s', null, 2 ** 31].map(
      (timeout): Case => [`a timeout of ${timeout}`, 'timeout', () => source({ timeout })],
    ),
    ['an anchor that is none', 'ca', () => source({ ca: 'ca.pem' })],
    ['a certificate without its key', 'tls.key', () => source({ tls: { cert: good.cert } })],
    ['headers that are a string', 'headers', () => source({ headers: 'x-a: b' })],
    ['a header that is none', 'headers', () => source({ headers: { 'x a': 'b' } })],
    ...secretCases('headers.x-key', (value) => source({ headers: { 'x-key': value } })),
    ['another encoding', 'encoding', () => source({ encoding: 'xml' })],
    ['a mapping that is a string', 'response', () => source({ response: 'token' })],
    ['a mapping of what is not read', 'response.refreshToken', () => source({ response: { refreshToken: 'r' } })],
    ['an empty place', 'response.accessToken', () => source({ response: { accessToken: '' } })],
    ['a place that is none', 'response.accessToken', () => source({ response: { accessToken: { body: 'x' } } })],
    ['another unit', 'response.unit', () => source({ response: { unit: 'minutes' } })],
    ['a default lifetime of zero', 'defaultLifetime', () => source({ defaultLifetime: 0 })],
    ['rejections that are no list', 'rejected', () => source({ rejected: { status: 401 } })],
    ['a rejection of everything', 'rejected', () => source({ rejected: [{}] })],
    ['a rejection by a status that is none', 'rejected', () => source({ rejected: [{ status: '401' }] })],
    ['a rejection by what is not looked at', 'rejected', () => source({ rejected: [{ status: 401, body: 'x' }] })],
    ['a penalty of zero', 'throttled', () => source({ throttled: [{ status: 403, penalty: 0 }] })],
    ['a lock-out of zero', 'lockout', () => source({ lockout: 0 })],
    ['a lock-out without an end', 'lockout', () => source({ lockout: { initial: 1000 } })],
    ['a lock-out that shrinks', 'lockout', () => source({ lockout: { initial: 2000, max: 1000 } })],
    ['null for a lock-out', 'lockout', () => source({ lockout: null })],
    ['a hint that is no string', 'hint', () => source({ hint: 5 })],
    ['onEvent that cannot be called', 'onEvent', () => source({ onEvent: {} })],
    ['a clock that tells no time', 'clock', () => source({ clock: Date })],
    ['allowInsecureLoopback as a string', 'allowInsecureLoopback', () => source({ allowInsecureLoopback: 'yes' })],
  ],
  clientCredentials: [
    ['null', 'options', () => loose(clientCredentials)(null)],
    ['an unknown option', 'scopes', () => loose(clientCredentials)({ scopes: ['a'] })],
    ['an empty scope', 'scope', () => clientCredentials({ scope: '' })],
    ['an empty scope among others', 'scope', () => clientCredentials({ scope: ['a', ''] })],
    ['scopes apart by commas and spaces', 'scope', () => clientCredentials({ scope: 'a,  b' })],
    ['a scope with a line break', 'scope', () => clientCredentials({ scope: 'a\n' })],
    ['a scope that is a number', 'scope', () => loose(clientCredentials)({ scope: 5 })],
    ['an empty audience', 'audience', () => clientCredentials({ audience: '' })],
    ['an empty resource', 'resource', () => clientCredentials({ resource: ['https://a.example', ''] })],
    ['a reserved parameter', 'parameters', () => clientCredentials({ parameters: { client_secret: SECRET } })],
    ['another grant', 'parameters', () => clientCredentials({ parameters: { grant_type: 'password' } })],
    ['an empty parameter', 'parameters.account', () => clientCredentials({ parameters: { account: '' } })],
    ['parameters that are a string', 'parameters', () => loose(clientCredentials)({ parameters: 'a=b' })],
    ['parameters that are null', 'parameters', () => loose(clientCredentials)({ parameters: null })],
    ['another placement', 'placement', () => loose(clientCredentials)({ placement: 'header' })],
  ],
  clientSecretBasic: [
    ...secretCases('clientId', (value) => loose(clientSecretBasic)(value, 'secret')),
    ...secretCases('clientSecret', (value) => loose(clientSecretBasic)('id', value)),
    ...secretCases('clientSecret', (value) => loose(clientSecretBasic)('id', value, { encoding: 'form' })),
    ['a colon in the id', 'clientId', () => clientSecretBasic(`${SECRET}:id`, 'secret')],
    ['another encoding', 'encoding', () => loose(clientSecretBasic)('id', 'secret', { encoding: 'url' })],
    ['an unknown option', 'charset', () => loose(clientSecretBasic)('id', 'secret', { charset: 'utf-8' })],
  ],
  clientSecretPost: [
    ...secretCases('clientId', (value) => loose(clientSecretPost)(value, 'secret')),
    ...secretCases('clientSecret', (value) => loose(clientSecretPost)('id', value)),
    ['half a renaming', 'names', () => loose(clientSecretPost)('id', 'secret', { names: { id: 'clientId' } })],
    ['one name for both', 'names', () => clientSecretPost('id', 'secret', { names: { id: 'x', secret: 'x' } })],
    ['null for a renaming', 'names', () => loose(clientSecretPost)('id', 'secret', { names: null })],
    ['an unknown option', 'encoding', () => loose(clientSecretPost)('id', 'secret', { encoding: 'json' })],
  ],
  memoryStore: [
    ['null', 'options', () => loose(memoryStore)(null)],
    ['a number', 'options', () => loose(memoryStore)(100)],
    ['an unknown option', 'size', () => loose(memoryStore)({ size: 1 })],
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '10', null].map(
      (max): Case => [`a max of ${max}`, 'max', () => loose(memoryStore)({ max })],
    ),
  ],
  tokenCache: [
    ['no source', 'source', () => loose(tokenCache)()],
    ['a function for a source', 'source', () => loose(tokenCache)(() => SECRET)],
    ['an unknown option', 'ttl', () => loose(tokenCache)({ token: () => SECRET }, { ttl: 60 })],
    ['onEvent that cannot be called', 'onEvent', () => loose(tokenCache)({ token: () => SECRET }, { onEvent: 1 })],
    ['jitter that cannot be called', 'jitter', () => loose(tokenCache)({ token: () => SECRET }, { jitter: 0.5 })],
  ],
  easypostConnect: carrier(
    loose(easypostConnect),
    () => ({ clientId: 'id', clientSecret: 'secret', apiKey: 'key', tls: good }),
    ['clientId', 'clientSecret', 'apiKey'],
    [
      ['an unknown environment', 'environment', () => easypost({}, { environment: 'TEST' })],
      ['an environment in another case', 'environment', () => easypost({}, { environment: 'pro' })],
      ['ACC without the API’s origin', 'origins', () => easypost({}, { environment: 'ACC' })],
      [
        'ACC with PRO’s origin',
        'origins',
        () => easypost({}, { environment: 'ACC', origins: ['https://api.eservices.easypost.eu'] }),
      ],
      [
        'PRO with ACC’s token endpoint',
        'tokenEndpoint',
        () => easypost({}, { tokenEndpoint: 'https://auth.acc.eservices.easypost.eu/oauth2/token' }),
      ],
      ['no certificate', 'tls', () => easypost({ tls: undefined })],
      ['no certificate, but anchors', 'tls', () => easypost({ tls: undefined }, { ca: good.cert })],
      ['an empty identity', 'tls.cert', () => easypost({ tls: {} })],
      ['an empty identity, but anchors', 'tls.cert', () => easypost({ tls: {} }, { ca: good.cert })],
      ['anchors for an identity', 'tls.cert', () => easypost({ tls: { ca: good.cert } })],
      ['a PKCS #12 file, and anchors', 'tls.pfx', () => easypost({ tls: { pfx: 'x' } }, { ca: good.cert })],
      [
        'a certificate without its key, and anchors',
        'tls.key',
        () => easypost({ tls: { cert: good.cert } }, { ca: good.cert }),
      ],
      ['a key of another certificate', 'tls.key', () => easypost({ tls: { cert: good.cert, key: other.key } })],
      ['an expired certificate', 'tls.cert', () => easypost({ tls: expired })],
      ['a key that no header can carry', 'apiKey', () => easypost({ apiKey: `${SECRET}-ö` })],
    ],
  ),
  posti: carrier(
    loose(posti),
    () => ({ username: 'user', password: 'secret' }),
    ['username', 'password'],
    [
      ['a colon in the user name', 'username', () => posti({ username: `a:${SECRET}`, password: 'p' })],
      ['an unknown environment', 'environment', () => postiWith({ environment: 'Production' })],
      ['QA without the API’s origin', 'origins', () => postiWith({ environment: 'QA' })],
      ['UAT without the API’s origin', 'origins', () => postiWith({ environment: 'UAT' })],
      ['QA with Prod’s origin', 'origins', () => postiWith({ environment: 'QA', origins: ['https://api.posti.fi'] })],
      [
        'UAT with Prod’s origin in another spelling',
        'origins',
        () => postiWith({ environment: 'UAT', origins: ['HTTPS://API.posti.fi:443/'] }),
      ],
      [
        'Prod with QA’s token endpoint',
        'tokenEndpoint',
        () => postiWith({ tokenEndpoint: 'https://oauth2.barium.posti.com/oauth/token' }),
      ],
      [
        'QA with Prod’s token endpoint',
        'tokenEndpoint',
        () =>
          postiWith({
            environment: 'QA',
            origins: ['https://qa.example.com'],
            tokenEndpoint: 'https://oauth2.posti.com/oauth/token',
          }),
      ],
    ],
  ),
  nzPost: carrier(
    loose(nzPost),
    () => ({ clientId: 'id', clientSecret: 'secret' }),
    ['clientId', 'clientSecret'],
    [
      ['an unknown environment', 'environment', () => nz({ environment: 'UAT' })],
      ['an environment that an object inherits', 'environment', () => nz({ environment: 'constructor' })],
      [
        'uat with production’s origin',
        'origins',
        () => nz({ environment: 'uat', origins: ['https://api.nzpost.co.nz'] }),
      ],
      ['production with uat’s origin', 'origins', () => nz({ origins: ['https://api.uat.nzpost.co.nz'] })],
      ['a client id that no header can carry', 'clientId', () => nzPost({ clientId: 'é', clientSecret: 's' })],
      ['clientIdHeader as a string', 'clientIdHeader', () => nz({ clientIdHeader: 'no' })],
    ],
  ),
  sendcloud: carrier(
    loose(sendcloud),
    () => ({ publicKey: 'public', secretKey: 'secret' }),
    ['publicKey', 'secretKey'],
    [
      ['an unknown mode', 'mode', () => loose(sendcloud)({ publicKey: 'p', secretKey: 's' }, { mode: 'OAuth2' })],
      ['a colon in the public key', 'publicKey', () => sendcloud({ publicKey: `p:${SECRET}`, secretKey: 's' })],
    ],
  ),
  machineToMachine: carrier(
    (credentials, options) => loose(machineToMachine)(credentials, withBase(options)),
    () => ({ clientId: 'id', clientSecret: 'secret' }),
    ['clientId', 'clientSecret'],
    [
      ['no base URL', 'baseUrl', () => loose(machineToMachine)({ clientId: 'i', clientSecret: 's' })],
      ['no base URL, and half of the rest', 'baseUrl', () => m2m({ tokenEndpoint })],
      ...httpsCases('baseUrl', (baseUrl) => m2m({ baseUrl })),
      ['a base URL with a query', 'baseUrl', () => m2m({ baseUrl: `https://api.example.com/?key=${SECRET}` })],
      ['a base URL with a fragment', 'baseUrl', () => m2m({ baseUrl: 'https://api.example.com/#v2' })],
      [
        'a colon in the client id',
        'clientId',
        () => machineToMachine({ clientId: `${SECRET}:`, clientSecret: 's' }, { baseUrl: 'https://api.example.com' }),
      ],
    ],
  ),
}

function easypost(credentials: object, options: object = {}): unknown {
  const all = { clientId: 'id', clientSecret: 'secret', apiKey: 'key', tls: good }
  return loose(easypostConnect)({ ...all, ...credentials }, options)
}
function postiWith(options: object): unknown {
  return loose(posti)({ username: 'user', password: 'secret' }, options)
}
function nz(options: object): unknown {
  return loose(nzPost)({ clientId: 'id', clientSecret: 'secret' }, options)
}
function m2m(options: object): unknown {
  return loose(machineToMachine)({ clientId: 'id', clientSecret: 'secret' }, options)
}
function withBase(options: unknown): unknown {
  if (options === undefined) return { baseUrl: 'https://api.example.com' }
  return typeof options === 'object' && options !== null && !Array.isArray(options)
    ? { baseUrl: 'https://api.example.com', ...options }
    : options
}

/** What every carrier refuses. */
function carrier(factory: Loose, credentials: () => object, secrets: readonly string[], own: readonly Case[]): Case[] {
  const first = secrets[0] as string
  const without = (name: string): object =>
    Object.fromEntries(Object.entries(credentials()).filter(([key]) => key !== name))
  const wrong = (option: string, value: unknown, what = JSON.stringify(value) ?? 'a function'): Case => [
    `${option} of ${what}`,
    option,
    () => factory(credentials(), { [option]: value }),
  ]
  return [
    ['no credentials', 'credentials', () => factory()],
    ['null for credentials', 'credentials', () => factory(null)],
    ['a string for credentials', 'credentials', () => factory(SECRET)],
    ['an unknown credential', 'pasword', () => factory({ ...credentials(), pasword: SECRET })],
    ...secrets.map((name): Case => [`${name} left out`, name, () => factory(without(name))]),
    ...secrets.flatMap((name) => secretCases(name, (value) => factory({ ...credentials(), [name]: value }))),
    ['null for options', 'options', () => factory(credentials(), null)],
    ['a string for options', 'options', () => factory(credentials(), 'Prod')],
    ['an unknown option', 'enviroment', () => factory(credentials(), { enviroment: 'x' })],
    ['a credential among the options', first, () => factory(credentials(), { [first]: SECRET })],
    ...httpsCases('origins', (value) => factory(credentials(), { origins: [value] })),
    ['no origin in the list', 'origins', () => factory(credentials(), { origins: [] })],
    ['an origin without a list', 'origins', () => factory(credentials(), { origins: 'https://api.example.com' })],
    ...httpsCases('tokenEndpoint', (value) => factory(credentials(), { tokenEndpoint: value })),
    wrong('store', {}),
    wrong('store', 'redis'),
    wrong('budget', 3),
    wrong('fetch', 'undici'),
    wrong('timeout', 0),
    wrong('timeout', '10s'),
    wrong('ca', ''),
    wrong('ca', './ca.pem'),
    wrong('ca', 5),
    wrong('onEvent', 'log'),
    wrong('allowInsecureLoopback', 'true'),
    wrong('replay', 'always'),
    wrong('clock', {}),
    ...own,
  ]
}

describe.each(Object.entries(CASES))('%s refuses', (_, cases) => {
  test.each(cases)('%s, naming %s', (_, option, attempt) => {
    expect(refusal(attempt)).toBe(option)
  })
})

test('what is refused above is not refused for another reason', () => {
  // Each factory with the very options that the cases above spoil.
  expect(strategy({})).toHaveProperty('authorize')
  expect(source({})).toHaveProperty('token')
  expect(easypost({}, { ca: good.cert })).toHaveProperty('authorize')
  expect(postiWith({ environment: 'QA', origins: ['https://qa.example.com'] })).toHaveProperty('authorize')
  expect(nz({ environment: 'uat' })).toHaveProperty('authorize')
  expect(m2m({ baseUrl: 'https://api.example.com/v2/' })).toHaveProperty('authorize')
  expect(m2m({ origins, tokenEndpoint })).toHaveProperty('authorize')
  const keys = { publicKey: 'public', secretKey: 'secret' }
  expect(loose(sendcloud)(keys, { mode: 'oauth2', ca: good.cert })).toHaveProperty('authorize')
  expect(clientCertificate({ cert: good.cert, key: encrypted, passphrase: SECRET })).toHaveProperty('authorize')
  expect(loose(clientCertificate)({ cert: Buffer.from(good.cert), key: Buffer.from(good.key) })).toHaveProperty(
    'scheme',
  )
  expect(basic({ username: 'käyttäjä', password: 'a:b c€' })).toHaveProperty('header', 'authorization')
})

describe('what a function yields is checked when it is asked', () => {
  const request: AuthRequest = { url: 'https://api.example.com/', method: 'GET', headers: {} }
  const authorize = async (layers: Parameters<typeof createStrategy>[0]['layers']): Promise<unknown> =>
    createStrategy({ origins, layers }).authorize(request)
  const refusedAs = (option: string): object => ({ code: 'ERR_AUTH_CONFIGURATION', option })

  test.each([
    ['apiKey', () => apiKey('x-api-key', () => `${SECRET}\n`)],
    ['apiKey', () => apiKey('x-api-key', async () => '')],
    ['apiKey', () => apiKey('x-api-key', loose(() => undefined) as () => string)],
    ['queryKey', () => queryKey('key', async () => `${SECRET}\n`)],
    ['username', () => basic({ username: async () => 'a:b', password: SECRET })],
    ['password', () => basic({ username: 'a', password: () => `${SECRET}\n` })],
    ['tls.key', () => clientCertificate(() => ({ cert: good.cert, key: other.key }))],
    ['tls.cert', () => clientCertificate(async () => expired)],
    ['tls', () => clientCertificate(loose(() => null) as () => object)],
    ['clientSecret', () => bearer(oauth2({ tokenEndpoint, clientAuth: clientSecretPost('id', async () => '') }))],
    ['clientId', () => bearer(oauth2({ tokenEndpoint, clientAuth: clientSecretBasic(() => 'a:b', SECRET) }))],
    ['headers.x-key', () => bearer(oauth2({ tokenEndpoint, clientAuth: auth, headers: { 'x-key': () => 'ä' } }))],
    [
      'tls.key',
      () => bearer(oauth2({ tokenEndpoint, clientAuth: auth, tls: () => ({ cert: good.cert, key: other.key }) })),
    ],
  ])('%s', async (option, layer) => {
    await expect(authorize([layer()])).rejects.toMatchObject(refusedAs(option))
  })

  test('an identity without a certificate is no identity of easypostConnect’s', async () => {
    const credentials = { clientId: 'id', clientSecret: 'secret', apiKey: 'key', tls: () => ({ ca: good.cert }) }
    const strategy = easypostConnect(credentials, { ca: good.cert, fetch: async () => Response.error() })
    await expect(async () =>
      strategy.authorize({ ...request, url: 'https://api.eservices.easypost.eu/jobs' }),
    ).rejects.toMatchObject(refusedAs('tls.cert'))
  })
})
