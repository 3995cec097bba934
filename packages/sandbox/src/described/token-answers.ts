import { randomBytes } from 'node:crypto'
import type { Carrier, CarrierId } from '@auth/core/carriers'
import { type Answer, json, oauthError } from '../response.ts'
import type { SandboxClock } from '../token-registry.ts'
import { type AccountBook, type DescribedAccount, valuesOf } from './account-book.ts'
import { QUOTAS } from './quotas.ts'
import { rateLimits } from './rate-limits.ts'
import { type Refusals, wireAnswer } from './refusals.ts'
import { type Arrived, headersMatch, parametersMatch, type RequestTemplate } from './template.ts'

export interface TokenAnswers {
  readonly carrier: Carrier
  readonly template: RequestTemplate
  readonly book: AccountBook
  readonly refusals: Refusals
  readonly clock: SandboxClock
  readonly options: Readonly<Record<string, unknown>>
  /** Seconds that a token lives; what the description's answer says otherwise. */
  readonly expiresIn: number | undefined
  /** Whether limits are enforced. */
  readonly quotas: boolean
  /** Whether a new token revokes the account's earlier ones. */
  readonly issuingRevokes: boolean
}

const HOUR = 3600

/** Judges token requests by the carrier's description: limits first, then credentials, then form. */
export function tokenAnswers(setup: TokenAnswers): (arrived: Arrived) => Answer {
  const { carrier, template, book, refusals, clock } = setup
  const quotas = QUOTAS[carrier.id as CarrierId]
  const budget = setup.quotas ? (quotas?.token ?? carrier.profile.budget ?? []) : []
  const penalty = carrier.about.refusals?.find(({ at, effect }) => at === 'token' && effect === 'throttled')?.penalty
  const limits = rateLimits(clock, budget, penalty)
  return (arrived) => {
    if (!limits.take(quotas?.perAddress === true ? arrived.address : undefined)) {
      return refusals.find('token', 'throttled') ?? json(429, { error: 'too_many_requests' }, { 'retry-after': '60' })
    }
    const account = book.all().find((candidate) => presents(candidate, arrived, setup))
    if (account !== undefined && !account.locked) return issue(account, setup)
    // With right credentials in a wrong form, the form is what is wrong.
    const wellFormed =
      account !== undefined || !book.all().some((candidate) => authenticates(candidate, arrived, setup))
    if (!wellFormed) return oauthError(400, 'invalid_request', `this is not a token request of ${carrier.id}`)
    return refusals.find('token', 'rejected') ?? json(401, { error: 'invalid_client' })

    function authenticates(candidate: DescribedAccount, request: Arrived, { options }: TokenAnswers): boolean {
      return headersMatch(credentialsOnly(template), request, valuesOf(candidate, options)) && hasCredentials(template)
    }
  }
}

function presents(account: DescribedAccount, arrived: Arrived, { template, options }: TokenAnswers): boolean {
  const values = valuesOf(account, options)
  return headersMatch(template, arrived, values) && parametersMatch(template, arrived, values)
}

function credentialsOnly(template: RequestTemplate): RequestTemplate {
  return { ...template, headers: template.headers.filter(([, value]) => value.includes('{')) }
}

function hasCredentials(template: RequestTemplate): boolean {
  return credentialsOnly(template).headers.length > 0
}

function issue(account: DescribedAccount, setup: TokenAnswers): Answer {
  const { carrier, clock, expiresIn, options } = setup
  const { answer } = carrier.about.token as NonNullable<Carrier['about']['token']>
  const token = randomBytes(24).toString('hex')
  const values = { ...valuesOf(account, options), token, now: String(clock.now()) }
  const genuine = wireAnswer(answer, values)
  const seconds = expiresIn ?? lifetimeOf(genuine, carrier)
  if (setup.issuingRevokes) account.tokens.clear()
  account.tokens.set(token, clock.now() + seconds * 1000)
  return expiresIn === undefined ? genuine : withLifetime(genuine, carrier, expiresIn)
}

/** Seconds, from the answer itself, else from the profile. */
function lifetimeOf({ body }: Answer, { profile }: Carrier): number {
  const { response, defaultLifetime } = profile.token ?? {}
  const place = response?.expiresIn ?? 'expires_in'
  const given = Number(typeof place === 'string' ? at(parsed(body), place) : Number.NaN)
  if (!Number.isFinite(given)) return defaultLifetime === undefined ? HOUR : defaultLifetime / 1000
  return response?.unit === 'ms' ? given / 1000 : response?.unit === 'min' ? given * 60 : given
}

function withLifetime(genuine: Answer, { profile }: Carrier, expiresIn: number): Answer {
  const body = parsed(genuine.body)
  const place = profile.token?.response?.expiresIn ?? 'expires_in'
  if (typeof place !== 'string' || typeof body !== 'object' || body === null || !Object.hasOwn(body, place))
    return genuine
  // A string stays a string.
  const value = typeof Reflect.get(body, place) === 'string' ? String(expiresIn) : expiresIn
  return { ...genuine, body: JSON.stringify({ ...body, [place]: value }) }
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
      value,
    )
}

function parsed(body: string | undefined): unknown {
  try {
    return JSON.parse(body ?? '')
  } catch {
    return undefined
  }
}
