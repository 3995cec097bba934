import { createHash } from 'node:crypto'
import type { ObservedRequest } from '../recorder.ts'

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

/** Names of headers, parameters and members whose values are secrets. */
const SECRET_NAME =
  /auth|secret|passw|passphrase|api-?_?key|^key$|-key$|token|assertion|cookie|credential|session|signature|^code$/i
const NO_SECRET = /^(?:token_type|subject_token_type|requested_token_type|grant_type|auth_method|www-authenticate)$/i
const JWT = /\b[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g
const BASE64 = /[A-Za-z0-9+/_-]{8,}={0,2}/g
const PRINTABLE_PAIR = /^[\x20-\x7e]{1,256}:[\x20-\x7e]{1,1024}$/

/** The same secret has the same fingerprint in every place. */
export function fingerprint(secret: string): string {
  return `[sha256:${createHash('sha256').update(secret).digest('hex').slice(0, 8)}]`
}

export function maskRequest(request: ObservedRequest, at: number, known: readonly string[]): MaskedRequest {
  const text = (value: string): string => maskText(value, known)
  return {
    at,
    endpoint: request.endpoint,
    method: request.method,
    url: text(maskParameters(request.url, /([?&])([^=&#]*)=([^&#]*)/g)),
    headers: Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, maskHeader(name, value, text)]],
      ),
    ),
    body: request.body === undefined ? null : text(maskBody(request.body)),
    clientCertificate: request.clientCertificate ?? null,
  }
}

function maskHeader(name: string, value: string | string[], text: (value: string) => string): string | string[] {
  if (Array.isArray(value)) return value.map((item) => maskHeader(name, item, text) as string)
  if (!isSecret(name)) return text(value)
  // The scheme is no secret, and tells what was tried.
  const [, scheme = '', rest = value] = /^(Basic |Bearer )?(.*)$/is.exec(value) ?? []
  return `${scheme}${fingerprint(rest)}`
}

function maskBody(body: string): string {
  try {
    return JSON.stringify(maskMembers(JSON.parse(body)))
  } catch {
    return maskParameters(body, /(^|&)([^=&]*)=([^&]*)/g)
  }
}

function maskMembers(value: unknown, name = ''): unknown {
  if (typeof value === 'string' && isSecret(name)) return fingerprint(value)
  if (Array.isArray(value)) return value.map((item) => maskMembers(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([member, item]) => [member, maskMembers(item, member)]))
}

function maskParameters(text: string, parameter: RegExp): string {
  return text.replace(parameter, (whole, before: string, name: string, value: string) =>
    isSecret(decoded(name)) ? `${before}${name}=${fingerprint(decoded(value))}` : whole,
  )
}

/** What the names did not give away: known secrets in any form, tokens, and pairs in Base64. */
function maskText(text: string, known: readonly string[]): string {
  let masked = text
  for (const secret of known) {
    for (const form of formsOf(secret)) masked = masked.replaceAll(form, fingerprint(secret))
  }
  return masked
    .replace(JWT, (token) => (isJwt(token) ? fingerprint(token) : token))
    .replace(BASE64, (run) =>
      PRINTABLE_PAIR.test(Buffer.from(run, 'base64').toString('utf8')) ? fingerprint(run) : run,
    )
}

function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret), new URLSearchParams([['', secret]]).toString().slice(1)]
  return [...new Set([...forms, ...[secret].map((value) => Buffer.from(value).toString('base64'))])]
}

function isJwt(token: string): boolean {
  try {
    return typeof JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()) === 'object'
  } catch {
    return false
  }
}

function isSecret(name: string): boolean {
  return SECRET_NAME.test(name) && !NO_SECRET.test(name)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
