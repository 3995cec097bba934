/// <reference path="./proxy-from-env.d.ts" />
import { EventEmitter, errorMonitor } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { TlsIdentity } from '@auth/core'
import { ConfigurationError } from '@auth/core/errors'
import { completedAgent, dispatcherFor, sendingAgent, tlsAgent, type Undici } from '@auth/core/node'
import type { AxiosRequestConfig } from 'axios'
import { getProxyForUrl } from 'proxy-from-env'
import type { Dispatcher } from 'undici'
import type { NodeHttp } from './node-http.ts'

// By a name in a variable, which bundlers leave alone: it is for certificates by the fetch adapter only.
const UNDICI: string = 'undici'

const OWN_TRANSPORTS: readonly unknown[] = [http.request, https.request]

export const nodeHttp: NodeHttp = {
  isRequest: (request): request is { res?: Record<string, unknown> } => request instanceof EventEmitter,

  whenBroken(download, listener) {
    // Not a listener for errors: with one, an error that nobody listens for would not be thrown.
    if (download instanceof EventEmitter) download.once(errorMonitor, listener)
  },

  checkTransport({ transport, maxRedirects }) {
    if (transport === undefined || transport === null) return
    if (OWN_TRANSPORTS.includes(transport.request)) return
    const what = maxRedirects === 0 ? 'http or https of Node' : 'left out'
    throw new ConfigurationError(
      'transport',
      `must be ${what}: one of your own may follow redirects with the credentials on`,
    )
  },

  useAgents(config, identity, origin) {
    const { httpAgent, httpsAgent } = config
    // `false` asks Node for a new agent for each request.
    if (httpAgent !== false) config.httpAgent = sendingAgent(isObject(httpAgent) ? httpAgent : http.globalAgent)
    if (identity !== undefined) config.httpsAgent = presenting(config, identity, origin)
    else if (httpsAgent !== false) {
      config.httpsAgent = sendingAgent(isObject(httpsAgent) ? httpsAgent : https.globalAgent)
    }
  },

  presentIdentity: dispatcherFor(async () => {
    try {
      return (await import(/* webpackIgnore: true */ /* @vite-ignore */ UNDICI)) as Undici<Dispatcher>
    } catch (cause) {
      throw new ConfigurationError(
        'adapter',
        'needs the package undici (npm install undici@7) for a client certificate or trust anchors; or use the http adapter',
        { cause },
      )
    }
  }),
}

/**
 * The agent that presents the identity. A certificate that the caller's own agent presents wins.
 *
 * @throws ConfigurationError when the certificate has nowhere to go: a proxy, an agent of another kind, HTTP/2.
 */
function presenting(config: AxiosRequestConfig, identity: TlsIdentity, origin: string): http.Agent {
  if (Number(config.httpVersion ?? 1) !== 1) {
    throw new ConfigurationError('httpVersion', 'must be 1 for a strategy with a client certificate or trust anchors')
  }
  const agent: unknown = config.httpsAgent
  if (!isObject(agent)) {
    if (identity.cert === undefined) return completedAgent(tlsAgent(identity, origin), identity, origin)
    checkProxy(config, origin)
    return sendingAgent(tlsAgent(identity, origin))
  }
  const { options } = agent
  if (options !== undefined && ('cert' in options || 'pfx' in options)) {
    return identity.ca === undefined ? sendingAgent(agent) : completedAgent(agent, trusting(identity), origin)
  }
  if (identity.cert !== undefined) {
    if (Object.getPrototypeOf(agent) !== https.Agent.prototype) {
      throw new ConfigurationError(
        'httpsAgent',
        'is not of a kind that the client certificate can be added to; leave it out, or give it `cert` and `key`',
      )
    }
    checkProxy(config, origin)
  }
  return completedAgent(agent, identity, origin)
}

/** The trust anchors of an identity, the same object each time. */
function trusting(identity: TlsIdentity): TlsIdentity {
  const known = anchors.get(identity) ?? (identity.ca === undefined ? {} : { ca: identity.ca })
  anchors.set(identity, known)
  return known
}

const anchors = new WeakMap<TlsIdentity, TlsIdentity>()

/** Through a proxy, axios connects without the agent that presents the certificate. */
function checkProxy({ proxy }: AxiosRequestConfig, origin: string): void {
  if (proxy)
    throw new ConfigurationError('proxy', 'cannot be used with a client certificate: axios does not pass it on')
  if (proxy !== false && getProxyForUrl(origin) !== '') {
    throw new ConfigurationError(
      'proxy',
      `must be false for ${origin}, which the environment (HTTPS_PROXY) has a proxy for: axios does not pass a client ` +
        'certificate on; or name the host in NO_PROXY',
    )
  }
}

const isObject = (value: unknown): value is https.Agent => typeof value === 'object' && value !== null
