import { clientSecretPost, oauth2 } from '@auth/core'
import fc from 'fast-check'
import * as oauth from 'oauth4webapi'
import { beforeEach, describe, expect, test } from 'vitest'
import { hastyClock } from '../support/clock.ts'
import { type Loopback, loopback } from '../support/loopback.ts'

interface Bytes {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string | Buffer
}

/** A token response as either reads it: seconds, or an error. */
type Reading =
  | { readonly token: string; readonly seconds: number | undefined; readonly scope: string | undefined }
  | { readonly error: string }

const JSON_TYPE = { 'content-type': 'application/json' }
let bytes: Bytes
let server: Loopback
beforeEach(async () => {
  server = await loopback((_, response) => {
    response.writeHead(bytes.status, bytes.headers)
    response.end(bytes.body)
  })
})

async function ours(): Promise<Reading> {
  const clock = hastyClock()
  const source = oauth2({
    tokenEndpoint: `${server.origin}/token`,
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    clock,
  })
  try {
    const { value, scope, expiresAt } = await source.token()
    return { token: value, seconds: (expiresAt - clock.now()) / 1000, scope }
  } catch (error) {
    return { error: (error as { code: string }).code.replace('ERR_AUTH_', '') }
  }
}

async function theirs(): Promise<Reading> {
  const as = { issuer: server.origin, token_endpoint: `${server.origin}/token` }
  const client = { client_id: 'client' }
  try {
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.ClientSecretPost('secret'),
      new URLSearchParams(),
      { [oauth.allowInsecureRequests]: true },
    )
    const { access_token, expires_in, scope } = await oauth.processClientCredentialsResponse(as, client, response)
    return { token: access_token, seconds: expires_in, scope }
  } catch (error) {
    const { code, error: said } = error as { code?: string; error?: string }
    return { error: said ?? code ?? (error as Error).name }
  }
}

async function both(served: Bytes): Promise<{ ours: Reading; theirs: Reading }> {
  bytes = served
  return { ours: await ours(), theirs: await theirs() }
}

/** RFC 6749 appendix A: VSCHAR without the space, and NQCHAR without the space. */
const characters = (except: string): fc.Arbitrary<string> =>
  fc
    .integer({ min: 0x21, max: 0x7e })
    .map(String.fromCharCode)
    .filter((character) => !except.includes(character))
const text = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.string({ unit, minLength: 1, maxLength: 60 })

test('a response that conforms to RFC 6749 section 5.1 is read as oauth4webapi reads it', async () => {
  const members = fc.record(
    {
      access_token: text(characters('')),
      token_type: fc.mixedCase(fc.constant('bearer')),
      expires_in: fc.integer({ min: 1, max: 30 * 86_400 }),
      scope: fc.array(text(characters('"\\')), { minLength: 1, maxLength: 4 }).map((scopes) => scopes.join(' ')),
      // Not a second access_token, and nothing that oauth4webapi goes on to validate, such as an id_token.
      extra: fc.jsonValue(),
      issued_token_type: fc.string(),
    },
    { requiredKeys: ['access_token', 'token_type', 'expires_in'] },
  )
  const type = fc.constantFrom('application/json', 'application/json;charset=UTF-8', 'application/json; charset=utf-8')
  await fc.assert(
    fc.asyncProperty(members, type, fc.nat({ max: 2 }), async (response, contentType, indent) => {
      const served = {
        status: 200,
        headers: { 'content-type': contentType },
        body: JSON.stringify(response, null, indent),
      }
      const { ours, theirs } = await both(served)
      expect(ours).toEqual(theirs)
      expect(ours).toMatchObject({ token: response.access_token, seconds: response.expires_in })
    }),
    { numRuns: 300 },
  )
})

test.each([
  [
    'RFC 6749 section 4.4.3',
    '{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600}'.replace('example', 'Bearer'),
  ],
  ['EasyPost Connect', '{"access_token": "eyJraWQiOiJ...", "expires_in": 3600, "token_type": "Bearer"}'],
  ['Posti', '{"token_type":"bearer", "access_token": "abc123", "expires_in": 3599}'],
  ['NZ Post', '{"access_token": "ACCESS-TOKEN", "token_type": "Bearer", "expires_in": 86399}'],
  ['Sendcloud', '{"access_token": "ory_at_dK...", "expires_in": 3599, "scope": "api", "token_type": "bearer"}'],
  ['machineToMachine', '{"token_type": "Bearer", "expires_in": 3600, "access_token": "NgXCXRKc...Mz0Yjw="}'],
])('so is the sample response of %s', async (_, body) => {
  const { ours, theirs } = await both({ status: 200, headers: JSON_TYPE, body })
  expect(ours).toEqual(theirs)
  expect(ours).toHaveProperty('token')
})

// What RFC 6749 section 5.2 calls an error is an error to both, under a name of its own.
test.each([
  ['invalid_client', 401, 'CREDENTIALS_REJECTED'],
  ['invalid_client', 400, 'CREDENTIALS_REJECTED'],
  ['unauthorized_client', 400, 'CREDENTIALS_REJECTED'],
  ['invalid_grant', 400, 'CREDENTIALS_REJECTED'],
  ['invalid_scope', 400, 'TOKEN_RESPONSE_INVALID'],
  ['invalid_request', 400, 'TOKEN_RESPONSE_INVALID'],
  ['unsupported_grant_type', 400, 'TOKEN_RESPONSE_INVALID'],
])('%s with %d is an error to both', async (error, status, code) => {
  const body = JSON.stringify({ error, error_description: 'because' })
  expect(await both({ status, headers: JSON_TYPE, body })).toEqual({ ours: { error: code }, theirs: { error } })
})

const T = '"access_token":"abc","token_type":"Bearer"'
const abc = (seconds: number | undefined): Reading => ({ token: 'abc', seconds, scope: undefined })
const invalid: Reading = { error: 'TOKEN_RESPONSE_INVALID' }
const refused: Reading = { error: 'CREDENTIALS_REJECTED' }
const theyRefuse: Reading = { error: 'OAUTH_INVALID_RESPONSE' }
const notConform: Reading = { error: 'OAUTH_RESPONSE_IS_NOT_CONFORM' }
const notJson: Reading = { error: 'OAUTH_RESPONSE_IS_NOT_JSON' }

interface Difference {
  readonly body?: string
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly ours: Reading
  readonly theirs: Reading
}

// Each has its line in docs/tokens.md, "Where it differs from oauth4webapi".
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'no expires_in': { body: `{${T}}`, ours: abc(300), theirs: abc(undefined) },
  'negative expires_in': { body: `{${T},"expires_in":-1}`, ours: abc(0), theirs: theyRefuse },
  'expires_in as a word': { body: `{${T},"expires_in":"soon"}`, ours: abc(300), theirs: theyRefuse },
  'expires_in with a unit': { body: `{${T},"expires_in":"3600s"}`, ours: abc(300), theirs: abc(3600) },
  'expires_in as a list': { body: `{${T},"expires_in":[60]}`, ours: abc(300), theirs: abc(60) },
  'expires_in of null': { body: `{${T},"expires_in":null}`, ours: abc(300), theirs: theyRefuse },
  'an absolute expires_in': { body: `{${T},"expires_in":"2026-01-01T01:00:00Z"}`, ours: abc(3600), theirs: abc(2026) },
  'expires_in in ms': { body: `{${T},"expires_in":3600000}`, ours: abc(3600), theirs: abc(3_600_000) },
  'an absurd expires_in': { body: `{${T},"expires_in":1e20}`, ours: abc(300), theirs: abc(1e20) },
  'no token_type': { body: '{"access_token":"abc","expires_in":60}', ours: abc(60), theirs: theyRefuse },
  'a token_type of DPoP': {
    body: '{"access_token":"abc","token_type":"DPoP","expires_in":60}',
    ours: invalid,
    theirs: abc(60),
  },
  'a token with a space': {
    body: '{"access_token":"a b","token_type":"Bearer","expires_in":60}',
    ours: invalid,
    theirs: { token: 'a b', seconds: 60, scope: undefined },
  },
  'a token with a line break': {
    body: '{"access_token":"a\\r\\nb","token_type":"Bearer","expires_in":60}',
    ours: invalid,
    theirs: { token: 'a\r\nb', seconds: 60, scope: undefined },
  },
  'a scope that is none': { body: `{${T},"expires_in":60,"scope":null}`, ours: abc(60), theirs: theyRefuse },
  'a refresh_token that is none': {
    body: `{${T},"expires_in":60,"refresh_token":null}`,
    ours: abc(60),
    theirs: theyRefuse,
  },
  'an id_token that is none': {
    body: `{${T},"expires_in":60,"id_token":5}`,
    ours: abc(60),
    theirs: theyRefuse,
  },
  '201': { body: `{${T},"expires_in":60}`, status: 201, ours: abc(60), theirs: notConform },
  'a response of 20 MB': {
    body: `{${T},"expires_in":60,"extra":"${'x'.repeat(20_000_000)}"}`,
    ours: invalid,
    theirs: abc(60),
  },
  'an error with 200': {
    body: '{"error":"invalid_client"}',
    ours: refused,
    theirs: theyRefuse,
  },
  'an error as text/plain': {
    body: '{"error":"invalid_client"}',
    status: 400,
    headers: { 'content-type': 'text/plain' },
    ours: refused,
    theirs: notJson,
  },
  'an error with a challenge': {
    body: '{"error":"invalid_client"}',
    status: 401,
    headers: { ...JSON_TYPE, 'www-authenticate': 'Basic realm="token"' },
    ours: refused,
    theirs: { error: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' },
  },
  'an error that is not the RFC’s': {
    body: '{"status":401,"message":"Bad credentials"}',
    status: 401,
    ours: refused,
    theirs: notConform,
  },
  'an error of 5xx': {
    body: '{"error":"server_error"}',
    status: 500,
    ours: { error: 'TOKEN_ENDPOINT_UNAVAILABLE' },
    theirs: notConform,
  },
  'a throttling 429': {
    body: '{"error":"slow_down"}',
    status: 429,
    ours: { error: 'TOKEN_ENDPOINT_THROTTLED' },
    theirs: { error: 'slow_down' },
  },
  'HTML with 200': {
    body: '<h1>Hello</h1>',
    headers: { 'content-type': 'text/html' },
    ours: invalid,
    theirs: notJson,
  },
  'nothing with 200': { body: '', ours: invalid, theirs: { error: 'OAUTH_PARSE_ERROR' } },
}

describe('deliberate differences', () => {
  test.each(Object.entries(DIFFERENCES))(
    '%s',
    async (_, { body = '', status = 200, headers = JSON_TYPE, ...expected }) => {
      expect(await both({ status, headers, body })).toEqual(expected)
    },
  )
})
