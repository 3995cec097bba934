import type http from 'node:http'
import type https from 'node:https'
import type net from 'node:net'
import tls, { type SecureContext } from 'node:tls'
import { hideRequest } from '../adapter/redact/hide.ts'
import { standIn } from '../adapter/redact/stand-in.ts'
import { ConfigurationError } from '../errors.ts'
import type { TlsIdentity } from '../layer.ts'
import { perIdentity } from '../tls/per-identity.ts'

type Add = (request: http.ClientRequest, options: net.NetConnectOpts & https.RequestOptions, ...rest: unknown[]) => void

/**
 * Sends by an agent that is the application's, without a change to it: its connections, limits, class and options stay
 * in force. What is sent is hidden from `util.inspect` from the start, because the agent lists it for every other
 * request.
 */
export function sendingAgent(agent: http.Agent): http.Agent {
  const known = plain.get(agent) ?? around(agent, (options) => options)
  plain.set(agent, known)
  return known
}

/**
 * The same for https, which also presents the identity to that origin and trusts its `ca` there, on top of what the
 * agent has. Connections of different identities are kept apart, by the identity's number rather than its key.
 *
 * @throws ConfigurationError for an agent with a `secureContext`, to which nothing can be added.
 */
export function completedAgent(agent: https.Agent, identity: TlsIdentity, origin: string): http.Agent {
  if (agent.options?.secureContext !== undefined) {
    throw new ConfigurationError(
      'httpsAgent',
      'has a secureContext, which no certificate can be added to; leave it out',
    )
  }
  const agents = completed(identity, origin)
  const known = agents.get(agent) ?? complete(agent, identity, origin)
  agents.set(agent, known)
  return known
}

const plain = new WeakMap<http.Agent, http.Agent>()
const completed = perIdentity(() => new WeakMap<http.Agent, http.Agent>())
let identities = 0

function complete(agent: https.Agent, { cert, key, passphrase, ca }: TlsIdentity, origin: string): http.Agent {
  const { hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const id = `identity-${++identities}`
  const own = agent.options ?? {}
  // Trust anchors that are given replace the default ones.
  const defaults = own.ca === undefined ? (tls.getCACertificates?.('default') ?? tls.rootCertificates) : [own.ca].flat()
  const added = {
    ...(cert !== undefined && { cert, key, passphrase }),
    ...(ca !== undefined && { ca: [...defaults, ca] }),
  }
  let secureContext: SecureContext | undefined
  const pinned = <Options extends https.RequestOptions>(options: Options): Options => {
    if ((options.host ?? options.hostname) !== host || Number(options.port || 443) !== Number(port || 443))
      return options
    secureContext ??= tls.createSecureContext({ ...own, ...added })
    return { ...options, secureContext, sessionIdContext: id }
  }
  // A tunnel that is made from the agent's options, such as axios makes for a proxy, trusts the same.
  return around(agent, pinned, ca === undefined ? own : { ...own, ca: added.ca })
}

function around(
  agent: http.Agent,
  change: (options: net.NetConnectOpts & https.RequestOptions) => net.NetConnectOpts & https.RequestOptions,
  options?: object,
): http.Agent {
  const pool = agent as unknown as { addRequest: Add }
  const add: Add = (request, given, ...rest) => {
    hideRequest(request)
    // A TLS connection keeps the options of the request that it was opened for.
    const { headers: _, auth: __, ...others } = given
    return pool.addRequest(request, change(others as typeof given), ...rest)
  }
  return standIn(agent, undefined, options === undefined ? { addRequest: add } : { addRequest: add, options })
}
