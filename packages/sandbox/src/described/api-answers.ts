import type { Carrier } from '@auth/core/carriers'
import { type Answer, json } from '../response.ts'
import type { SandboxClock } from '../token-registry.ts'
import { type AccountBook, type DescribedAccount, valuesOf } from './account-book.ts'
import { type RateLimit, rateLimits } from './rate-limits.ts'
import type { Refusals } from './refusals.ts'
import { type Arrived, headersMatch, parametersMatch, pathCloseness, type RequestTemplate } from './template.ts'

export interface ApiAnswers {
  readonly carrier: Carrier
  /** One for each kind of path, or mode, of the API. */
  readonly templates: readonly RequestTemplate[]
  readonly book: AccountBook
  readonly refusals: Refusals
  readonly clock: SandboxClock
  readonly options: Readonly<Record<string, unknown>>
  /** Calls that an account may make. */
  readonly limits: readonly RateLimit[]
}

/** The refusal of an API call; `undefined` for one that is authenticated as the description demands. */
export function apiAnswers(setup: ApiAnswers): (arrived: Arrived) => Answer | undefined {
  const { book, refusals, clock } = setup
  const limits = rateLimits(clock, setup.limits)
  return (arrived) => {
    const templates = nearest(setup.templates, arrived.path)
    const accounts = book.all().filter(({ locked }) => !locked)
    const caller = accounts.find((account) =>
      templates.some((template) => isAuthenticated(template, account, arrived, setup)),
    )
    if (caller !== undefined) {
      if (limits.take(String(book.all().indexOf(caller)))) return undefined
      return refusals.find('api', 'throttled') ?? tooMany()
    }
    // Everything but the token is right: then it is the token.
    const tokenAlone = accounts.some((account) =>
      templates.some(
        (template) => needsToken(template, setup) && isAuthenticated(withoutToken(template), account, arrived, setup),
      ),
    )
    const answer = tokenAlone
      ? refusals.find('api', 'recovered', 'passed', 'rejected')
      : refusals.find('api', 'passed', 'rejected', 'recovered')
    return answer ?? json(401, { message: 'Unauthorized' })
  }
}

const tooMany = (): Answer => json(429, { message: 'Too Many Requests' }, { 'retry-after': '60' })

/** The templates whose path is closest to the one that is called. */
function nearest(templates: readonly RequestTemplate[], path: string): readonly RequestTemplate[] {
  const closeness = templates.map((template) => pathCloseness(template, path))
  const best = Math.max(...closeness)
  return templates.filter((_, i) => closeness[i] === best)
}

function isAuthenticated(
  template: RequestTemplate,
  account: DescribedAccount,
  arrived: Arrived,
  setup: ApiAnswers,
): boolean {
  const { options, clock } = setup
  const values = valuesOf(account, options)
  if (!needsToken(template, setup)) return matches(template, arrived, values)
  for (const [token, expiresAt] of account.tokens) {
    if (clock.now() >= expiresAt) account.tokens.delete(token)
    else if (matches(template, arrived, { ...values, token })) return true
  }
  return false
}

function matches(template: RequestTemplate, arrived: Arrived, values: Readonly<Record<string, string>>): boolean {
  return headersMatch(template, arrived, values) && parametersMatch({ ...template, body: undefined }, arrived, values)
}

// Where no token is issued, `{token}` is a credential of that name.
function needsToken(template: RequestTemplate, { carrier }: ApiAnswers): boolean {
  if (carrier.about.token === undefined) return false
  return [...template.headers, ...template.query].some(([, value]) => value.includes('{token}'))
}

function withoutToken(template: RequestTemplate): RequestTemplate {
  const rest = (list: RequestTemplate['headers']) => list.filter(([, value]) => !value.includes('{token}'))
  return { ...template, headers: rest(template.headers), query: rest(template.query) }
}
