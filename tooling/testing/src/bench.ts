import tls from 'node:tls'
import { apiKey, bearer, createStrategy, type Layer, queryKey, type Strategy } from '@auth/core'
import { type CertificateAuthority, createCertificateAuthority } from '@auth/sandbox/pki'
import { afterAll, beforeAll, beforeEach, test } from 'vitest'
import type { ClientOptions, ClientUnderTest, Limit, TestClient } from './client.ts'
import { type TestServer, testServer } from './server.ts'
import { type TestTokens, testTokens } from './tokens.ts'

export const KEY = 'key-that-nobody-may-see-0001'
export const QUERY_KEY = "query-key/that+nobody=may see, isn't it"

/** What the cases of a suite work with. */
export interface Bench {
  /** The API that the strategy trusts. */
  readonly api: TestServer
  /** Another origin, which it does not trust. */
  readonly elsewhere: TestServer
  readonly authority: CertificateAuthority
  /** The source of `bearer` in the layers; a new one for each case. */
  readonly tokens: TestTokens
  /** A client for the API with these layers; default a bearer token, an API key in a header and one in the query. */
  client(layers?: readonly Layer[], options?: ClientOptions & { origins?: readonly string[] }): TestClient
  /** A client for a strategy of the case's own. */
  clientOf(strategy: Strategy, options?: ClientOptions): TestClient
  /** All of the secrets that `client()` attaches by default. */
  secrets(): string[]
  /** Whether the client's nature forbids it. */
  limited(limit: Limit): boolean
  /** Declares a case, left out with its reason where the client's nature forbids it. */
  it(name: string, run: () => Promise<void>, limit?: Limit): void
}

/** Sets the servers up for the suite that calls it. */
export function bench(adapter: ClientUnderTest): Bench {
  let api: TestServer
  let elsewhere: TestServer
  let authority: CertificateAuthority
  let tokens: TestTokens

  beforeAll(async () => {
    authority = await createCertificateAuthority()
    // Both servers are trusted by every client: what a case finds unsent was not stopped by a failed handshake.
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority.certificate])
    const identity = await authority.issueServer()
    api = await testServer(identity, authority.certificate)
    elsewhere = await testServer(identity, authority.certificate)
  })
  beforeEach(() => {
    tokens = testTokens()
    api.clear()
    elsewhere.clear()
  })
  afterAll(() => Promise.all([api.close(), elsewhere.close()]))

  const strategy = (layers?: readonly Layer[], origins = [api.origin] as readonly string[]): Strategy =>
    createStrategy({
      origins,
      layers: layers ?? [bearer(tokens), apiKey('x-api-key', KEY), queryKey('api-key', QUERY_KEY)],
    })

  return {
    get api() {
      return api
    },
    get elsewhere() {
      return elsewhere
    },
    get authority() {
      return authority
    },
    get tokens() {
      return tokens
    },
    client: (layers, { origins, ...options } = {}) => adapter.create(strategy(layers, origins), options),
    clientOf: (own, options = {}) => adapter.create(own, options),
    secrets: () => [
      tokens.current,
      ...tokens.refused,
      KEY,
      QUERY_KEY,
      encodeURIComponent(QUERY_KEY),
      new URLSearchParams([['', QUERY_KEY]]).toString().slice(1),
    ],
    limited: (limit) => adapter.limits?.[limit] !== undefined,
    it(name, run, limit) {
      const reason = limit === undefined ? undefined : adapter.limits?.[limit]
      if (reason === undefined) test(name, run)
      else test.skip(`${name} [left out: ${reason}]`, run)
    },
  }
}
