import { type AuthEvent, authErrorOf, type CarrierAuthError, type CarrierRefusal } from '@auth/core'
import { type Finding, fail, inconclusive, pass, skipped } from './check.ts'
import type { Subject } from './subject.ts'

/** How the doctor asks before it spends one of the last logins. */
export interface Permission {
  /** `--yes`. */
  readonly given: boolean
  /** Absent when nobody is there to answer. */
  ask?(question: string): Promise<boolean>
}

// The strictest carrier locks an account after five rejected logins in a row. The last two are asked for.
const LOCKS_AFTER = 5
const UNASKED = 3

/** Whether the strategy gets tokens, beside constant credentials. */
export function hasTokens({ strategy }: Subject): boolean {
  return strategy.status().layers.some(({ state }) => state !== undefined)
}

/** Whether a user name and a password, or the like, go along with every call. */
export function logsInWithEveryCall({ strategy }: Subject): boolean {
  return strategy.status().layers.some(({ scheme }) => scheme === 'basic')
}

/** Gets the tokens: the one step that may cost a login. */
export async function tokenFinding(subject: Subject, permission: Permission, now: () => number): Promise<Finding> {
  if (!hasTokens(subject)) return skipped('the credentials go along with every request; there is no token')
  // First of all, and for as long as it takes: a store that the strategy finds slow must not cost a login.
  const standing = await standingFinding(subject, now)
  if (standing !== undefined) return standing
  const refused = await withoutPermission(subject, permission)
  if (refused !== undefined) return refused
  try {
    await subject.strategy.ready()
  } catch (error) {
    const failure = authErrorOf(error)
    if (failure === undefined) throw error
    const sent = !subject.watched || loginsOf(subject.observed.events) > 0
    if (failure.code === 'ERR_AUTH_CREDENTIALS_REJECTED' && sent) {
      await subject.ledger.rejectedAgain(failure.message, failure.retryAt)
    }
    return failureFinding(failure, subject, sent, now())
  }
  await subject.ledger.accepted()
  const ends = subject.strategy.status().layers.flatMap(({ state, expiresAt }) => (state && expiresAt) || [])
  const shared = subject.observed.events.some(({ type }) => type === 'token-shared')
  const left = Math.round((Math.min(...ends) - now()) / 1000)
  const how = shared ? 'another process has one' : 'the credentials were accepted'
  return pass(`${how}; the token lives ${Number.isFinite(left) ? `for ${left} s` : 'on'}`)
}

/** A rejection that the doctor remembers itself. */
export async function standingFinding({ ledger }: Subject, now: () => number): Promise<Finding | undefined> {
  const standing = await ledger.standing()
  if (standing === undefined) return undefined
  return fail(
    `${standing.message}; not tried again before ${clock(standing.retryAt, now())}; nothing was sent`,
    'change the credentials; if the fault was at the carrier and is mended, run this again with --forget',
  )
}

/** What stands against another login; `undefined` when it may be sent. */
export async function withoutPermission(subject: Subject, permission: Permission): Promise<Finding | undefined> {
  const rejected = await subject.ledger.rejected()
  if (rejected < UNASKED || permission.given) return undefined
  if ((await subject.wouldLogIn?.()) === false) return undefined
  const spent = `${rejected} logins of this account were rejected of late`
  const question = `${spent}; carriers lock accounts, after ${LOCKS_AFTER} for example. Log in once more?`
  if (permission.ask !== undefined && (await permission.ask(question))) return undefined
  return inconclusive(
    `${spent}; nothing was sent`,
    `check the credentials first: carriers lock accounts, after ${LOCKS_AFTER} for example. --yes logs in once more`,
  )
}

export function loginsOf(events: readonly AuthEvent[]): number {
  return events.filter(({ type }) => type === 'token-requested').length
}

function failureFinding(failure: CarrierAuthError, subject: Subject, sent: boolean, now: number): Finding {
  const { message } = failure
  switch (failure.code) {
    case 'ERR_AUTH_CREDENTIALS_REJECTED': {
      const until = clock(failure.retryAt, now)
      return fail(
        sent ? message : `rejected before, and not tried again before ${until}; nothing was sent`,
        sent
          ? remedy(subject, failure.status)
          : `change the credentials; if the fault was at the carrier and is mended, run this again with --forget`,
      )
    }
    case 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED': {
      const until = failure.retryAt === undefined ? 'later' : `after ${clock(failure.retryAt, now)}`
      return inconclusive(`${message}${sent ? '' : '; nothing was sent'}`, `run this again ${until}`)
    }
    case 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE':
      return inconclusive(message, 'check the network and the carrier’s status page, and run this again')
    case 'ERR_AUTH_TOKEN_RESPONSE_INVALID':
      return fail(message, 'check the token endpoint: something else answers there')
    default:
      return fail(message, `correct the option ${failure.option}`)
  }
}

/** What the carrier's documents say about this refusal, and where the credentials are found. */
function remedy({ about, environment }: Subject, status: number | undefined): string {
  const means = meaningOf(about?.refusals, 'token', status)
  const where = Object.entries(about?.credentials ?? {}).map(([name, place]) => `${name}: ${place}`)
  const meant = environment === undefined ? undefined : `The credentials must be of the environment ${environment}`
  return [means, meant, ...where].filter((part) => part !== undefined).join('. ') || 'check the credentials'
}

export function meaningOf(
  refusals: readonly CarrierRefusal[] | undefined,
  at: 'token' | 'api',
  status: number | undefined,
): string | undefined {
  return refusals?.find((refusal) => refusal.at === at && refusal.status === status)?.means
}

/** A time of today, or with the day. */
function clock(at: number, now: number): string {
  const text = new Date(at).toISOString()
  return new Date(now).toISOString().startsWith(text.slice(0, 10))
    ? `${text.slice(11, 16)} UTC`
    : `${text.slice(0, 16).replace('T', ' ')} UTC`
}
