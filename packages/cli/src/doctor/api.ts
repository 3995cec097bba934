import https from 'node:https'
import type { AuthRequest, Credentials } from '@auth/core'
import { addQuery, lowerCaseHeaders } from '@auth/core/adapter'
import { identityOptions } from '@auth/core/node'
import { type Finding, fail, inconclusive, pass, skipped } from './check.ts'
import {
  hasTokens,
  logsInWithEveryCall,
  meaningOf,
  type Permission,
  standingFinding,
  withoutPermission,
} from './login.ts'
import { connectionFinding } from './network.ts'
import type { Subject } from './subject.ts'

export interface ApiCall {
  readonly path: string | undefined
  readonly permission: Permission
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => number
  /** Called before the request goes out. */
  onSend(): void
}

const PATIENCE = 15_000

/** One harmless call with everything attached. */
export async function apiFinding(subject: Subject, call: ApiCall): Promise<Finding> {
  const { strategy, ledger } = subject
  const schemes = strategy.status().layers.map(({ scheme }) => scheme)
  const names = [...new Set(schemes)].filter((scheme) => scheme !== 'trustAnchors').join(', ')
  if (call.path === undefined) {
    return skipped(
      `${names}: present, not verified; no document names a call that changes nothing`,
      'name one of your own with --probe /path',
    )
  }
  const login = logsInWithEveryCall(subject)
  if (!hasTokens(subject)) {
    const standing = await standingFinding(subject, call.now)
    if (standing !== undefined) return standing
    const refused = login ? await withoutPermission(subject, call.permission) : undefined
    if (refused !== undefined) return refused
  }
  const url = new URL(call.path, `${strategy.origins[0]}/`).href
  const request: AuthRequest = { url, method: 'GET', headers: {} }
  const credentials = await strategy.authorize(request)
  call.onSend()
  const answer = await send(url, credentials, call.env)
  if (typeof answer === 'object') return answer
  if (answer === 401 && !hasTokens(subject)) {
    await ledger.rejectedAgain(`GET ${call.path} was answered with 401`)
  }
  if (answer < 300 && !hasTokens(subject)) await ledger.accepted()
  return answerFinding(subject, answer, call.path, names)
}

function answerFinding({ about, hint }: Subject, status: number, path: string, names: string): Finding {
  const what = `GET ${path} was answered with ${status}`
  const means = [meaningOf(about?.refusals, 'api', status), hint].filter((part) => part !== undefined).join('. ')
  if (status < 300) return pass(`${names}: accepted; ${what}`)
  if (status === 401) return fail(`${names}: not accepted; ${what}`, means || 'check each of these credentials')
  if (status === 403) {
    return fail(
      `${names}: accepted or not, but this call is not allowed; ${what}`,
      means || 'check in the carrier’s portal which products and scopes the app has, and the key',
    )
  }
  if (status === 429) return inconclusive(what, 'the limit of calls is reached; run this again later')
  if (status >= 500) return inconclusive(what, 'the API has trouble; look at the carrier’s status page')
  return inconclusive(what, 'it says nothing about the credentials; name another path with --probe')
}

function send(url: string, { headers, query, tls }: Credentials, env: ApiCall['env']): Promise<number | Finding> {
  return new Promise((resolve) => {
    const agent = new https.Agent({ ...identityOptions(tls ?? {}, {}), proxyEnv: { ...env } })
    const options = { agent, headers: { accept: 'application/json', ...lowerCaseHeaders(headers) }, timeout: PATIENCE }
    const request = https.request(query === undefined ? url : addQuery(url, query), options, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })))
    request.on('error', ({ code = 'no code' }: NodeJS.ErrnoException) =>
      resolve(connectionFinding(new URL(url).host, code)),
    )
    request.end()
  })
}
