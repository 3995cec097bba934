import { randomBytes } from 'node:crypto'
import type { CarrierId } from '@auth/core/carriers'
import { type Answer, json } from '../response.ts'
import type { SandboxClock } from '../token-registry.ts'
import type { AccountBook } from './account-book.ts'
import type { Arrived } from './template.ts'

/** What one carrier alone does, beside the engine. */
export interface Particular {
  /** Answers an API call that is authenticated; `undefined` leaves it to the engine. */
  api?(arrived: Arrived): Answer | undefined
  /** Changes the answer to a token request. */
  token?(arrived: Arrived, answer: Answer): Answer
}

export interface ParticularContext {
  readonly book: AccountBook
  readonly clock: SandboxClock
}

/** By the carrier's id. */
export const PARTICULARS: Readonly<Partial<Record<CarrierId, (context: ParticularContext) => Particular>>> = {
  usps,
  'royal-mail-shipping': () => ({ token: xmlUnlessAsked }),
}

// No document says how long a payment token lives.
const PAYMENT_TOKEN_LIFETIME = 50 * 60_000
const PAID = ['/labels/v3', '/international-labels/v3']

/** USPS: label calls need a payment token beside the access token, which another call gives out. */
function usps({ book, clock }: ParticularContext): Particular {
  const issued = new Map<string, { readonly account: object; readonly end: number }>()
  const accountOf = ({ headers }: Arrived) => {
    const token = headers.authorization?.replace(/^Bearer /i, '') ?? ''
    return book.all().find(({ tokens }) => tokens.has(token))
  }
  const refuse = (status: 400 | 401, message: string, title: string): Answer =>
    json(status, { apiVersion: '/payments/v3/', error: { code: String(status), message, errors: [{ title }] } })

  return {
    api(arrived) {
      const account = accountOf(arrived)
      if (arrived.method === 'POST' && arrived.path === '/payments/v3/payment-authorization') {
        const roles = rolesOf(arrived.body)
        if (account === undefined || roles === undefined) {
          return refuse(400, 'The roles are missing or wrong.', 'invalid_request')
        }
        const token = randomBytes(24).toString('hex')
        for (const [old, { end }] of issued) if (clock.now() >= end) issued.delete(old)
        issued.set(token, { account, end: clock.now() + PAYMENT_TOKEN_LIFETIME })
        return json(200, { paymentAuthorizationToken: token, roles })
      }
      if (!PAID.some((path) => arrived.path === path || arrived.path.startsWith(`${path}/`))) return undefined
      const payment = issued.get(String(arrived.headers['x-payment-authorization-token'] ?? ''))
      if (payment !== undefined && payment.account === account && clock.now() < payment.end) return undefined
      return refuse(401, 'The payment authorization token is missing or invalid.', 'invalid_token')
    },
  }
}

function rolesOf(body: string): unknown[] | undefined {
  try {
    const { roles } = JSON.parse(body) as { roles?: unknown }
    const named = (role: unknown) =>
      ['roleName', 'CRID', 'MID'].every((name) => typeof Reflect.get(Object(role), name) === 'string')
    return Array.isArray(roles) && roles.length > 0 && roles.every(named) ? roles : undefined
  } catch {
    return undefined
  }
}

/** Royal Mail answers in XML unless JSON is asked for. */
function xmlUnlessAsked({ headers }: Arrived, answer: Answer): Answer {
  if (String(headers.accept ?? '').includes('application/json')) return answer
  const members = Object.entries(JSON.parse(answer.body ?? '{}') as object)
  const elements = members.map(([name, value]) => `<${name}>${value}</${name}>`).join('')
  const body = `<?xml version="1.0" encoding="UTF-8"?>${answer.status === 200 ? elements : `<error>${elements}</error>`}`
  return { ...answer, headers: { ...answer.headers, 'content-type': 'application/xml' }, body }
}
