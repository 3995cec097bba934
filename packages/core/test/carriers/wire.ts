import type { Carrier, WireAnswer, WireRequest } from '@auth/core/carriers'
import { selfSigned } from '../support/certificates.ts'
import { type Loopback, loopback } from '../support/loopback.ts'

/** A token endpoint and an API on loopback, both as the carrier's description has them. */
export interface Stage {
  readonly origin: string
  /** Credentials as the factory takes them; optional ones are left out. */
  readonly credentials: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
  /** The texts that `{name}` stands for. */
  readonly values: Record<string, string>
  /** Token requests so far, as wire text. */
  readonly tokenRequests: readonly (readonly string[])[]
  /** What the token endpoint answers, once for each; then what the description has. */
  readonly next: WireAnswer[]
}

// What a client adds on its own; it authenticates nothing.
const TRANSPORT =
  /^(?:host|connection|content-length|user-agent|accept|accept-language|accept-encoding|sec-fetch-mode|cache-control|pragma|transfer-encoding)$/

export async function stage(carrier: Carrier, more: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const { profile, about } = carrier
  const values: Record<string, string> = { ...more, now: '1764275584000' }
  const credentials: Record<string, unknown> = {}
  for (const [name, rule] of Object.entries(profile.secrets)) {
    if (typeof rule === 'object' && 'tls' in rule) {
      credentials[name] = await selfSigned()
      continue
    }
    if (typeof rule === 'object' && 'optional' in rule && !(name in more)) continue
    values[name] ??= `the-${name}`
    credentials[name] = values[name]
  }
  for (const [name, value] of Object.entries(about.options ?? {})) values[name] ??= String(value)

  const next: WireAnswer[] = []
  const tokenRequests: string[][] = []
  let issued = 0
  const server: Loopback = await loopback((request, response) => {
    const headers = Object.entries(request.headers)
      .filter(([name]) => !TRANSPORT.test(name))
      .map(([name, value]) => `${name}: ${value}`)
    const body = request.body === '' ? [] : ['', request.body]
    tokenRequests.push([`${request.method} ${request.url}`, ...headers.sort(), ...body])
    const answer = next.shift() ?? about.token?.answer ?? { status: 404 }
    // The answer is shown the number, so that a second token differs from the first.
    values.token = `token-${issued + (answer.status < 300 ? 1 : 0)}`
    if (answer.status < 300) issued++
    const text = answer.body === undefined ? '' : bodyText(answer.body, values)
    const filled = Object.entries<string>(answer.headers ?? {}).map(([name, value]) => [name, fill(value, values)])
    response.writeHead(answer.status, { 'content-type': 'application/json', ...Object.fromEntries(filled) })
    response.end(text)
  })
  values.origin = server.origin
  return {
    origin: server.origin,
    credentials,
    options: optionsFor(carrier, server.origin),
    values,
    tokenRequests,
    next,
  }
}

function optionsFor({ about, environments, standard }: Carrier, origin: string): Record<string, unknown> {
  const documented = environments[standard]?.tokenEndpoint
  const url = documented === undefined ? undefined : new URL(documented)
  const own = Object.entries(about.options ?? {}).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.replace('{origin}', origin) : value,
  ])
  return {
    ...Object.fromEntries(own),
    origins: [origin],
    allowInsecureLoopback: true,
    ...(url !== undefined && { tokenEndpoint: `${origin}${url.pathname}${url.search}` }),
  }
}

/** Replaces `{name}` and `base64(…)`. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text
    .replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all)
    .replace(/base64\(([^)]*)\)/g, (_, plain) => Buffer.from(plain).toString('base64'))
}

export function bodyText(body: unknown, values: Readonly<Record<string, string>>): string {
  return fill(typeof body === 'string' ? body : JSON.stringify(body), values)
}

/** A documented request as the stage writes those that it gets. */
export function documented(request: WireRequest, values: Readonly<Record<string, string>>): string[] {
  const filled = request.map((line) => fill(line, values))
  const end = filled.includes('') ? filled.indexOf('') : filled.length
  const headers = filled.slice(1, end).filter((line) => !TRANSPORT.test(line.slice(0, line.indexOf(':'))))
  return [filled[0] ?? '', ...headers.sort(), ...filled.slice(end)]
}
