/// <reference path="./proxy-from-env.d.ts" />
import http from 'node:http'
import https from 'node:https'
import { ConfigurationError, type TlsIdentity } from '@auth/core'
import { hide } from '@auth/core/adapter'
import { tlsAgent } from '@auth/core/node'
import axios, { type AxiosRequestConfig } from 'axios'
import { getProxyForUrl } from 'proxy-from-env'

/**
 * Checks that credentials can be kept on their origin by the adapter that axios will choose.
 *
 * @throws ConfigurationError for `fetch` and `xhr`: they follow redirects out of reach, key headers included.
 */
export function checkTransport(config: AxiosRequestConfig): void {
  const { adapter } = config
  if (adapter === undefined) return
  for (const candidate of Array.isArray(adapter) ? adapter : [adapter]) {
    const name = nameOf(candidate, config)
    // axios itself passes over `xhr` where there is none.
    if (name === 'xhr' && !('XMLHttpRequest' in globalThis)) continue
    if (name !== 'xhr' && name !== 'fetch') return
    throw new ConfigurationError(
      'adapter',
      `axios's ${name} adapter would follow redirects with the credentials on; use its http adapter, or @auth/fetch`,
    )
  }
}

/** A function of axios' own, which `axios.getAdapter` hands out, is known by its name or by being the same. */
function nameOf(adapter: unknown, config: AxiosRequestConfig): string {
  if (typeof adapter !== 'function') return String(adapter).toLowerCase()
  if ('adapterName' in adapter) return String(adapter.adapterName)
  return [undefined, config].some((config) => fetchAdapter(config) === adapter) ? 'fetch' : 'a function'
}

function fetchAdapter(config: AxiosRequestConfig | undefined): unknown {
  const get = axios.getAdapter as (name: string, config: AxiosRequestConfig | undefined) => unknown
  try {
    return get('fetch', config)
  } catch {
    // There is no fetch here.
    return undefined
  }
}

/**
 * Makes a request present the identity. A certificate that the caller's own agent presents wins.
 *
 * @throws ConfigurationError when the certificate has nowhere to go: a proxy, an agent of another kind, HTTP/2.
 */
export function present(config: AxiosRequestConfig, identity: TlsIdentity, origin: string): void {
  if (Number(config.httpVersion ?? 1) !== 1) {
    throw new ConfigurationError('httpVersion', 'must be 1 for a strategy with a client certificate')
  }
  const agent: unknown = config.httpsAgent
  if (isObject(agent)) {
    if (isObject(agent.options) && ('cert' in agent.options || 'pfx' in agent.options)) return
    if (Object.getPrototypeOf(agent) !== https.Agent.prototype) {
      // An agent of another kind has its own idea of whom to trust.
      if (identity.cert === undefined) return
      throw new ConfigurationError(
        'httpsAgent',
        'is not of a kind that the client certificate can be added to; leave it out, or give it `cert` and `key`',
      )
    }
  }
  if (identity.cert !== undefined) checkProxy(config, origin)
  config.httpsAgent = tlsAgent(identity, origin)
}

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

/**
 * Keeps out of what is printed the agents that a request may go over: from now on their sockets show it to every other
 * request of theirs, be it one to an origin that is not trusted.
 */
export function veilAgents({ httpAgent, httpsAgent }: AxiosRequestConfig): void {
  for (const agent of [httpAgent || http.globalAgent, httpsAgent || https.globalAgent]) {
    if (typeof agent === 'object') hide(agent)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
