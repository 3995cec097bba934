import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { TlsIdentity } from '@auth/core'
import { tlsAgents } from '@auth/core/node'

/** The agent for an origin, and for the certificate to present there. */
export type AgentFor = (url: URL, tls: TlsIdentity | undefined) => Agent

// Shorter than the 5 s after which Node's servers close a connection, so that hardly a request meets a closed one.
const IDLE = 4_000

/**
 * Connections of one proxy: no other proxy sends anything on them. There is no limit that clients share, so nobody's
 * slow uploads keep others waiting.
 */
export function proxyAgents(): AgentFor {
  const options = { keepAlive: true, timeout: IDLE }
  const plain = new Agent(options)
  const secure = new TlsAgent(options)
  const withIdentity = tlsAgents()
  return (url, tls) => {
    if (tls !== undefined) return withIdentity(tls, url.origin)
    return url.protocol === 'https:' ? secure : plain
  }
}
