import type { ObservedRequest } from '../recorder.ts'
import { fingerprint } from './fingerprint.ts'
import type { KnownSecrets } from './known-secrets.ts'
import { isSecretPlace } from './secret-places.ts'

/** A request as the control interface shows it: no secret, and a fingerprint in the place of each. */
export interface MaskedRequest {
  /** Epoch ms by the sandbox's clock. */
  readonly at: number
  readonly endpoint: 'token' | 'api'
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Of token requests; `null` otherwise. */
  readonly body: string | null
  /** Common name of the client certificate, or `null`. */
  readonly clientCertificate: string | null
}

type IsSecret = (name: string) => boolean

const JWT = /\b[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g
const BASE64 = /[A-Za-z0-9+/_-]{8,}={0,2}/g
const PRINTABLE_PAIR = /^[\x20-\x7e]{1,256}:[\x20-\x7e]{1,1024}$/
const QUERY_PARAMETER = /([?&])([^=&#]*)=([^&#]*)/g
const FORM_PARAMETER = /(^|&)([^=&]*)=([^&]*)/g
const USER_INFO = /(\/\/)[^/?#@\s]+@/g
const PART =
  /(content-disposition:[^\r\n]*\bname="?([^";\r\n]*)"?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n)([\s\S]*?)(?=\r?\n--|$)/gi
const ELEMENT = /(<(?:[\w.-]+:)?([\w.-]+)(?:\s[^<>]*)?>)([^<>]+)(?=<\/)/g

export function maskRequest(request: ObservedRequest, at: number, known: KnownSecrets): MaskedRequest {
  const isSecret: IsSecret = (name) => isSecretPlace(name, request.carrier)
  const text = (value: string): string => maskTokens(known.mask(value))
  const url = (value: string): string => text(maskParameters(value, QUERY_PARAMETER, isSecret).replace(USER_INFO, '$1'))
  return {
    at,
    endpoint: request.endpoint,
    method: request.method,
    url: url(request.url),
    headers: Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[text(name), maskHeader(name, value, url, isSecret)]],
      ),
    ),
    body: request.body === undefined ? null : text(maskBody(request.body, isSecret)),
    clientCertificate: request.clientCertificate ?? null,
  }
}

function maskHeader(
  name: string,
  value: string | string[],
  text: (value: string) => string,
  isSecret: IsSecret,
): string | string[] {
  if (Array.isArray(value)) return value.map((item) => maskHeader(name, item, text, isSecret) as string)
  if (!isSecret(name)) return text(value)
  // The scheme is no secret, and tells what was tried.
  const [, scheme = '', rest = value] = /^(Basic |Bearer )?(.*)$/is.exec(value) ?? []
  return `${scheme}${fingerprint(rest)}`
}

function maskBody(body: string, isSecret: IsSecret): string {
  try {
    return JSON.stringify(maskMembers(JSON.parse(body), isSecret))
  } catch {
    // No JSON, or nested too deeply.
    return maskParameters(body, FORM_PARAMETER, isSecret)
      .replace(PART, (whole, head: string, name: string, value: string) =>
        isSecret(name) ? head + fingerprint(value) : whole,
      )
      .replace(ELEMENT, (whole, tag: string, name: string, value: string) =>
        isSecret(name) ? tag + fingerprint(value) : whole,
      )
  }
}

function maskMembers(value: unknown, isSecret: IsSecret, name = ''): unknown {
  if ((typeof value === 'string' || typeof value === 'number') && isSecret(name)) return fingerprint(String(value))
  // JSON in a string.
  if (typeof value === 'string' && /^\s*[[{]/.test(value)) return maskBody(value, isSecret)
  if (Array.isArray(value)) return value.map((item) => maskMembers(item, isSecret, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([member, item]) => [member, maskMembers(item, isSecret, member)]),
  )
}

function maskParameters(text: string, parameter: RegExp, isSecret: IsSecret): string {
  return text.replace(parameter, (whole, before: string, name: string, value: string) =>
    isSecret(decoded(name)) ? `${before}${name}=${fingerprint(decoded(value))}` : whole,
  )
}

/** What neither names nor known secrets gave away: tokens, and pairs in Base64. */
function maskTokens(text: string): string {
  return text
    .replace(JWT, (token) => (isJwt(token) ? fingerprint(token) : token))
    .replace(BASE64, (run) =>
      PRINTABLE_PAIR.test(Buffer.from(run, 'base64').toString('utf8')) ? fingerprint(run) : run,
    )
}

function isJwt(token: string): boolean {
  try {
    return typeof JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) === 'object'
  } catch {
    return false
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
