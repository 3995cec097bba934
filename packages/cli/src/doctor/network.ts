import { lookup } from 'node:dns/promises'
import https from 'node:https'
import { connect } from 'node:net'
import type { TlsIdentity } from '@auth/core'
import { identityOptions } from '@auth/core/node'
import { getProxyForUrl } from 'proxy-from-env'
import { type Finding, fail, inconclusive, pass, type Step, skipped, warn } from './check.ts'

export interface Hosts {
  /** Origins that the program calls: API first, then the token endpoint. */
  readonly origins: readonly string[]
  /** Certificate and anchors for the API, as the strategy has them. */
  readonly identity: TlsIdentity
  /** Whether the strategy may trust more than is known here. */
  readonly trustsMore: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
}

const TRUST = 'nothing, if the strategy has a `ca` or certificate of its own; give --ca FILE to check that'
/** ms that a host may take for one answer. */
const PATIENCE = 10_000
// Tokens that live a minute still work with this; assertions of RFC 7523 do not with more. ms
const SKEW = 30_000

/** Name, way out, TLS and clock of each host; no credential is sent but the client certificate. */
export function networkSteps({ origins, identity, trustsMore, env, now }: Hosts): Step[] {
  const secure = [...new Set(origins)].filter((origin) => origin.startsWith('https:'))
  const dates: { origin: string; skew: number }[] = []
  const forEach = async (look: (origin: string, i: number) => Promise<Finding | undefined>): Promise<Finding[]> =>
    (await Promise.all(secure.map(look))).filter((finding) => finding !== undefined)
  return [
    {
      id: 'dns',
      online: true,
      look: async () => {
        const names = secure.filter((origin) => proxyOf(origin) === undefined).map((origin) => hostOf(origin))
        const found = await forEach(async (origin) =>
          proxyOf(origin) === undefined ? await dnsFinding(hostOf(origin)) : undefined,
        )
        return worst(found, names.length === 0 ? 'the proxy looks names up' : `${list(names)}: found`)
      },
    },
    {
      id: 'proxy',
      online: true,
      look: async () => {
        const proxies = [...new Set(secure.map(proxyOf).filter((proxy) => proxy !== undefined))]
        if (proxies.length === 0) return pass(wayOut(env))
        const found = await Promise.all(proxies.map((proxy) => proxyFinding(proxy)))
        return worst(found, `by way of ${list(proxies.map((proxy) => new URL(proxy).host))}`)
      },
    },
    {
      id: 'tls',
      online: true,
      look: async () => {
        const found = await forEach(async (origin, i) => {
          const answer = await dateOf(origin, i === 0 ? identity : { ...(identity.ca && { ca: identity.ca }) }, env)
          if (typeof answer === 'object') {
            return answer.state === 'fail' && trustsMore ? { ...answer, state: 'warn', fix: TRUST } : answer
          }
          if (answer !== undefined) dates.push({ origin, skew: answer - now() })
          return undefined
        })
        return worst(found, `${list(secure.map(hostOf))}: trusted`)
      },
    },
    {
      id: 'clock',
      online: true,
      look: () => {
        const [first] = dates.sort((a, b) => Math.abs(b.skew) - Math.abs(a.skew))
        return clockFinding(first)
      },
    },
  ]
}

/** @param measured ms that the server's clock is ahead of ours. */
export function clockFinding(measured: { readonly origin: string; readonly skew: number } | undefined): Finding {
  if (measured === undefined) return skipped('no answer had a Date header')
  const seconds = Math.round(Math.abs(measured.skew) / 1000)
  const side = measured.skew > 0 ? 'behind' : 'ahead of'
  if (Math.abs(measured.skew) <= SKEW) return pass(`within ${SKEW / 1000} s of ${hostOf(measured.origin)}`)
  return warn(`${seconds} s ${side} ${hostOf(measured.origin)}`, 'set the clock of this machine, by NTP for example')
}

async function dnsFinding(host: string): Promise<Finding | undefined> {
  try {
    await lookup(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))
    return undefined
  } catch (error) {
    const { code = 'no code' } = error as NodeJS.ErrnoException
    return inconclusive(`${host} has no address (${code})`, 'check the name, the network and the DNS of this machine')
  }
}

function proxyFinding(proxy: string): Promise<Finding | undefined> {
  const { hostname, port, protocol, host } = new URL(proxy)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) })
    const end = (finding: Finding | undefined): void => {
      socket.destroy()
      resolve(finding)
    }
    socket.setTimeout(PATIENCE, () => end(inconclusive(`proxy ${host} does not answer`, 'check HTTPS_PROXY')))
    socket.once('connect', () => end(undefined))
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      end(inconclusive(`proxy ${host} cannot be reached (${code})`, 'check HTTPS_PROXY, or add the host to NO_PROXY')),
    )
  })
}

function wayOut(env: Hosts['env']): string {
  const set = ['HTTPS_PROXY', 'https_proxy'].some((name) => env[name])
  return set ? 'NO_PROXY leaves these hosts out' : 'none is set; the way out is direct'
}

/** The time of a host, epoch ms; `undefined` when it does not say, a finding when it cannot be asked. */
function dateOf(origin: string, identity: TlsIdentity, env: Hosts['env']): Promise<number | undefined | Finding> {
  const host = hostOf(origin)
  return new Promise((resolve) => {
    const proxied = proxyOf(origin) !== undefined
    const agent = new https.Agent({ ...identityOptions(identity, {}), ...(proxied && { proxyEnv: { ...env } }) })
    const request = https.request(`${origin}/`, { method: 'HEAD', agent, timeout: PATIENCE }, (response) => {
      response.resume()
      const at = Date.parse(response.headers.date ?? '')
      resolve(Number.isNaN(at) ? undefined : at)
    })
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    request.on('error', ({ code = 'no code' }: NodeJS.ErrnoException) => resolve(connectionFinding(host, code)))
    request.end()
  })
}

const NAMES = new Set(['ERR_TLS_CERT_ALTNAME_INVALID'])
const DATES = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])
const UNTRUSTED = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|ERR_TLS_)/

export function connectionFinding(host: string, code: string): Finding {
  if (NAMES.has(code))
    return fail(
      `${host} shows the certificate of another name (${code})`,
      'check the host, or who answers in its place',
    )
  if (DATES.has(code))
    return fail(`the certificate of ${host} is not valid today (${code})`, 'check the clock of this machine')
  if (UNTRUSTED.test(code)) {
    return fail(
      `the certificate of ${host} is not trusted (${code})`,
      'if a proxy of your company answers in its place, give its CA: --ca FILE, or NODE_EXTRA_CA_CERTS',
    )
  }
  if (/^(?:EPROTO|ERR_SSL_)/.test(code)) {
    return fail(`${host} ends the TLS handshake (${code})`, 'check that the client certificate is one that it knows')
  }
  return inconclusive(
    `${host} cannot be reached (${code})`,
    'check the network, the firewall and the carrier’s status page',
  )
}

/** The proxy that the program's token requests take, too. */
function proxyOf(origin: string): string | undefined {
  return getProxyForUrl(origin) || undefined
}

function worst(findings: readonly (Finding | undefined)[], good: string): Finding {
  const found = findings.filter((finding) => finding !== undefined)
  return found.find(({ state }) => state === 'fail') ?? found[0] ?? pass(good)
}

function hostOf(origin: string): string {
  return new URL(origin).host
}

function list(all: readonly string[]): string {
  return [...new Set(all)].join(', ')
}
