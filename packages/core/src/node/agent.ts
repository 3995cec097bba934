import https from 'node:https'
import type { SecureContext } from 'node:tls'
import { inspect } from 'node:util'
import type { TlsIdentity } from '../layer.ts'
import { perIdentity } from '../tls/per-identity.ts'
import { secureContextOf } from '../tls/secure-context.ts'

// As Node's own global agent.
const IDLE = 5_000

/**
 * An agent that presents the identity to that origin and to no other, and trusts its `ca` there. The same identity
 * object and origin give the same agent, so connections are kept; another identity gives another agent, so none is
 * carried over. Connections that are idle for 5 s are closed.
 */
export const tlsAgent: TlsAgents = tlsAgents()

/** Yields the agent for an identity and an origin. */
export type TlsAgents = (identity: TlsIdentity, origin: string) => https.Agent

/** As {@link tlsAgent}, with connections that nobody else sends on. */
export function tlsAgents(): TlsAgents {
  return perIdentity(pinnedAgent)
}

function pinnedAgent(identity: TlsIdentity, origin: string): https.Agent {
  const { hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const agent = new https.Agent({ keepAlive: true, timeout: IDLE })
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    if (options.host !== host || Number(options.port) !== Number(port || 443)) return connect(options, callback)
    const pinned: https.RequestOptions & { secureContext: SecureContext } = {
      ...options,
      secureContext: secureContextOf(identity),
    }
    return connect(pinned, callback)
  }
  // Its sockets carry the headers of whatever they send just now, which an error that is logged must not show.
  return Object.defineProperty(agent, inspect.custom, { value: () => `Agent { ${origin} }` })
}
