import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AnySimulator } from '../simulator.ts'

/** Shell lines that get a token and call the API, as they can be pasted: POSIX sh and curl, nothing else. */
export function curlLines(simulator: AnySimulator, ca: string, folder: string): string[] {
  const lines = LINES[simulator.id]
  return lines === undefined ? [] : lines(simulator, (file) => join(folder, `${simulator.id}-${file}`), ca)
}

type Lines = (simulator: AnySimulator, file: (name: string) => string, ca: string) => string[]

const text = (value: object, name: string): string => String(Reflect.get(value, name))
const curl = (ca: string, ...args: readonly string[]): string => ['curl -sS --cacert', quote(ca), ...args].join(' ')
const token = (call: string): string => `TOKEN=$(${call} | sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')`
const BEARER = '-H "Authorization: Bearer $TOKEN"'

const LINES: Readonly<Record<string, Lines>> = {
  'easypost-connect'({ credentials, options, baseUrl }, file, ca) {
    const { cert, key } = Reflect.get(credentials, 'tls') as { cert: string; key: string }
    writeFileSync(file('client.crt'), cert, { mode: 0o600 })
    writeFileSync(file('client.key'), key, { mode: 0o600 })
    const body = [
      'grant_type=client_credentials',
      ...pairs(credentials, { clientId: 'client_id', clientSecret: 'client_secret' }),
    ]
    return [
      token(curl(ca, ...body.map((pair) => `-d ${quote(pair)}`), quote(text(options, 'tokenEndpoint')))),
      curl(
        ca,
        `--cert ${quote(file('client.crt'))} --key ${quote(file('client.key'))}`,
        BEARER,
        `-H ${quote(`x-api-key: ${text(credentials, 'apiKey')}`)}`,
        quote(`${baseUrl}/jobs`),
      ),
    ]
  },
  posti: ({ credentials, options, baseUrl }, _file, ca) => [
    token(
      curl(
        ca,
        `-X POST -H 'Accept: application/json' --user ${quote(pair(credentials, 'username', 'password'))}`,
        quote(`${text(options, 'tokenEndpoint')}?grant_type=client_credentials`),
      ),
    ),
    curl(ca, BEARER, quote(`${baseUrl}/estimation/v1/estimates`)),
  ],
  'nz-post': ({ credentials, options, baseUrl }, _file, ca) => [
    token(
      curl(
        ca,
        ...[
          'grant_type=client_credentials',
          ...pairs(credentials, { clientId: 'client_id', clientSecret: 'client_secret' }),
        ].map((one) => `-d ${quote(one)}`),
        quote(text(options, 'tokenEndpoint')),
      ),
    ),
    curl(ca, BEARER, `-H ${quote(`client_id: ${text(credentials, 'clientId')}`)}`, quote(`${baseUrl}/labels/domestic`)),
  ],
  sendcloud: ({ credentials, options, baseUrl }, _file, ca) => {
    const user = `--user ${quote(pair(credentials, 'publicKey', 'secretKey'))}`
    const call = quote(`${baseUrl}/api/v2/user`)
    if (text(options, 'mode') === 'basic') return [curl(ca, user, call)]
    const body = `-d grant_type=client_credentials -d scope=api`
    return [token(curl(ca, user, body, quote(text(options, 'tokenEndpoint')))), curl(ca, BEARER, call)]
  },
  'machine-to-machine': ({ credentials, baseUrl }, _file, ca) => [
    token(
      curl(
        ca,
        `--user ${quote(pair(credentials, 'clientId', 'clientSecret'))} -d grant_type=client_credentials`,
        quote(`${baseUrl}/oauth/v2/token`),
      ),
    ),
    curl(ca, BEARER, quote(`${baseUrl}/v1/shipments`)),
  ],
}

function pair(credentials: object, user: string, password: string): string {
  return `${text(credentials, user)}:${text(credentials, password)}`
}

function pairs(credentials: object, names: Readonly<Record<string, string>>): string[] {
  return Object.entries(names).map(([from, to]) => `${to}=${encodeURIComponent(text(credentials, from))}`)
}

/** For POSIX sh. */
function quote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`
}
