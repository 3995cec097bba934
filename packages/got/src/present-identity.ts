import type { AgentOptions, RequestOptions as NativeOptions } from 'node:https'
import type { TlsIdentity } from '@auth/core'
import { ConfigurationError } from '@auth/core/errors'
import { hasContextOptions, identityOptions, tlsAgent } from '@auth/core/node'
import type { RequestOptions } from './call.ts'

/**
 * Returns the options that make a request present the identity, and trust its `ca`, beside everything that the user has
 * set for TLS. That is an agent of ours, or, where the user has an agent, a connection or TLS options or wants HTTP/2,
 * options of the request. A certificate of the user's own wins.
 *
 * @throws ConfigurationError for an agent with a `secureContext`, to which nothing can be added.
 */
export function presentIdentity(
  native: NativeOptions,
  identity: TlsIdentity,
  origin: string,
  options: RequestOptions,
): NativeOptions {
  const { https, agent, http2 } = options
  if (https.certificate !== undefined || https.pfx !== undefined) return {}
  if (!agent.https && !http2 && native.createConnection === undefined && !hasContextOptions(native)) {
    return { agent: tlsAgent(identity, origin) }
  }
  const pool: AgentOptions & { secureContext?: unknown } = agent.https ? (agent.https.options ?? {}) : {}
  if (pool.secureContext !== undefined) {
    throw new ConfigurationError(
      'agent.https',
      'has a secureContext, which no certificate can be added to; give it `ca` and the like instead',
    )
  }
  if (pool.cert !== undefined || pool.pfx !== undefined) return {}
  // Node takes an agent's own options before those of a request.
  return identityOptions(identity, { ...native, ...pool })
}
