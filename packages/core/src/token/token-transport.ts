import { ConfigurationError } from '../errors.ts'
import { isLoopback } from '../origin.ts'
import { agentsKnowProxies, fetchHasItsOwnWay, proxyEnvironment } from '../runtime/proxy-environment.ts'
import { type Pem, type TlsIdentityInput, tlsIdentity, withAnchors } from '../tls/identity.ts'
import { nodeFetch } from '../tls/node-fetch.ts'

export interface TokenTransportOptions {
  /** Checked URL of the token endpoint. */
  url: string
  fetch?: typeof globalThis.fetch | undefined
  ca?: Pem | undefined
  tls?: TlsIdentityInput | undefined
}

/**
 * How token requests travel: by the user's own `fetch`; by node:https where TLS or the proxy of the environment asks for
 * it; else by the global fetch, looked up for each request.
 *
 * @throws ConfigurationError for `fetch` together with `ca` or `tls`, which it could not be told.
 */
export function tokenTransport(options: TokenTransportOptions): () => typeof globalThis.fetch {
  const { url, fetch, ca, tls } = options
  if (fetch !== undefined) {
    const other = ca !== undefined ? 'ca' : tls !== undefined ? 'tls' : undefined
    if (other !== undefined) {
      throw new ConfigurationError(other, 'has no effect together with `fetch`: give one of the two')
    }
    return () => fetch
  }
  const proxied = (): ReturnType<typeof proxyEnvironment> => {
    const { protocol, hostname } = new URL(url)
    return protocol === 'https:' && !isLoopback(hostname) && agentsKnowProxies() ? proxyEnvironment() : undefined
  }
  if (ca === undefined && tls === undefined) {
    return () => {
      const proxy = fetchHasItsOwnWay() ? undefined : proxied()
      return proxy === undefined ? globalThis.fetch : nodeFetch({ proxy })
    }
  }
  const own = tls ?? {}
  const identity = tlsIdentity(ca === undefined ? own : withAnchors(own, ca), tls === undefined ? 'ca' : 'tls')
  let last: { of: unknown; fetch: typeof globalThis.fetch } | undefined
  return () => async (input, init) => {
    const current = await identity()
    if (last?.of !== current) last = { of: current, fetch: nodeFetch({ identity: current, proxy: proxied() }) }
    return last.fetch(input, init)
  }
}
