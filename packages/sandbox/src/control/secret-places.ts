import { carriers } from '@auth/core/carriers'
import { type Body, parseTemplate } from '../described/template.ts'

// What names an account is no secret.
const ACCOUNT_NAME =
  /^(?:username|clientId|publicKey|accountId|accountNumber|partnerName|uid|clientUrl|bucode|fid|cloudUserId)$/
const SECRET_NAME =
  /auth|secret|passw|passphrase|api-?_?key|^key$|-key$|token|assertion|cookie|credential|session|signature|^code$/i
const NO_SECRET = /^(?:token_type|subject_token_type|requested_token_type|grant_type|auth_method|www-authenticate)$/i

/** Whether the credential of that name only names an account. */
export function isAccountName(credential: string): boolean {
  return ACCOUNT_NAME.test(credential)
}

/** Whether a header, parameter or member of that name holds a secret, at that carrier. */
export function isSecretPlace(name: string, carrier: string): boolean {
  return (SECRET_NAME.test(name) && !NO_SECRET.test(name)) || placesOf(carrier).has(name.toLowerCase())
}

const places = new Map<string, ReadonlySet<string>>()

/** Where the carrier's description puts a secret. */
function placesOf(id: string): ReadonlySet<string> {
  const known = places.get(id)
  if (known !== undefined) return known
  const about = carriers.find((carrier) => carrier.id === id)?.about
  const requests = about === undefined ? [] : [...(about.token ? [about.token.request] : []), ...about.api]
  const names = requests
    .map(parseTemplate)
    .flatMap(({ headers, query, body }) =>
      [...headers, ...query, ...membersOf(body)].filter(([, value]) => holdsSecret(value)).map(([name]) => name),
    )
  const found = new Set(names.map((name) => name.toLowerCase()))
  places.set(id, found)
  return found
}

function membersOf(body: Body | undefined): (readonly [string, string])[] {
  if (body === undefined || 'text' in body) return []
  return 'form' in body ? [...body.form] : leaves(body.json)
}

function leaves(value: unknown, name = ''): (readonly [string, string])[] {
  if (typeof value === 'string') return [[name, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([member, item]) => leaves(item, Array.isArray(value) ? name : member))
}

function holdsSecret(template: string): boolean {
  return Array.from(template.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '').some((name) => !isAccountName(name))
}
