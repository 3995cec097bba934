// The contract suites of the repository, and what they are made of.

export {
  type DescribeGuardOptions,
  describeGuard,
  type GuardRoute,
  type ServedGuard,
  type ServeGuard,
} from '@auth/guard-testing'
export { type Bench, bench, KEY, QUERY_KEY } from './bench.ts'
export { expectClean } from './clean.ts'
export type { Answer, Call, ClientOptions, ClientUnderTest, Limit, TestClient } from './client.ts'
export { describeAdapter } from './describe-adapter.ts'
export { describeBrowser } from './describe-browser.ts'
export { describeRuntimes } from './describe-runtimes.ts'
export { describeTokenStore } from './describe-token-store.ts'
export { type GeneratedClient, generatedClient } from './generated-client.ts'
export { openapi } from './openapi.ts'
export { expectUnprintable } from './printed.ts'
export { type Handler, type Received, type Reply, type TestServer, testServer } from './server.ts'
export { type TlsServers, tlsServers } from './tls-servers.ts'
export { type TestTokens, testTokens } from './tokens.ts'
