import { apiFinding } from './api.ts'
import { certificateFinding } from './certificate.ts'
import { type Check, type CheckState, chain, type Finding } from './check.ts'
import { hasTokens, loginsOf, logsInWithEveryCall, type Permission, tokenFinding } from './login.ts'
import { type Hosts, networkSteps } from './network.ts'
import type { Prepared, Subject } from './subject.ts'

export type Verdict = 'healthy' | 'fault' | 'undecided'

/** What `doctor --json` prints. */
export interface Diagnosis {
  /** Of this format: 1. */
  readonly version: 1
  /** The carrier's id, or the file of a strategy. */
  readonly carrier: string
  readonly verdict: Verdict
  /** How many times credentials were sent to log in: token requests, and calls with HTTP Basic. */
  readonly logins: number
  readonly checks: readonly Check[]
}

export interface DoctorOptions {
  readonly offline: boolean
  readonly permission: Permission
  readonly env: Readonly<Record<string, string | undefined>>
  /** A path of the user's own in place of the carrier's probe. */
  readonly probe?: string | undefined
  readonly now?: () => number
  /** Told of each check when it is done. */
  onCheck?(check: Check): void
}

/** Walks the chain from the configuration to a call of the API, and stops at the root of the trouble. */
export async function diagnose(prepared: Prepared, options: DoctorOptions): Promise<Diagnosis> {
  const { name, configuration, identity, subject } = prepared
  const { offline, permission, env, now = Date.now, onCheck = () => {} } = options
  let calls = 0
  const steps = [
    { id: 'configuration', look: () => configuration },
    { id: 'certificate', look: () => certificateFinding(identity, now()) },
    ...networkSteps({ origins: originsOf(subject), ...trustOf(subject), env, now }),
    { id: 'token', online: true as const, look: () => needed(subject, (one) => tokenFinding(one, permission, now)) },
    {
      id: 'api',
      online: true as const,
      look: () =>
        needed(subject, (one) =>
          apiFinding(one, {
            path: options.probe ?? one.about?.probe?.path,
            permission,
            env,
            now,
            onSend: () => {
              if (logsInWithEveryCall(one)) calls += 1
            },
          }),
        ),
    },
  ]
  const checks = await chain(steps, offline, onCheck)
  return { version: 1, carrier: name, verdict: verdictOf(checks), logins: calls + tokenLogins(subject, checks), checks }
}

/** A strategy of the user's own reports to somebody else: then a step that was taken counts as a login. */
function tokenLogins(subject: Subject | undefined, checks: readonly Check[]): number {
  if (subject === undefined || subject.watched) return loginsOf(subject?.observed.events ?? [])
  const token = checks.find(({ id }) => id === 'token')
  const taken = token !== undefined && token.state !== 'skipped' && !token.summary.endsWith('nothing was sent')
  return taken && hasTokens(subject) ? 1 : 0
}

function verdictOf(checks: readonly Check[]): Verdict {
  const has = (state: CheckState): boolean => checks.some((check) => check.state === state)
  return has('fail') ? 'fault' : has('inconclusive') ? 'undecided' : 'healthy'
}

function originsOf(subject: Subject | undefined): string[] {
  if (subject === undefined) return []
  const [api = ''] = subject.strategy.origins
  const { tokenOrigin } = subject
  return [api, ...(tokenOrigin !== undefined && hasTokens(subject) ? [tokenOrigin] : [])]
}

function trustOf(subject: Subject | undefined): Pick<Hosts, 'identity' | 'trustsMore'> {
  const { trust = {}, watched = true } = subject ?? {}
  return { identity: trust, trustsMore: !watched && trust.ca === undefined }
}

async function needed(subject: Subject | undefined, look: (subject: Subject) => Promise<Finding>): Promise<Finding> {
  return subject === undefined ? { state: 'skipped', summary: 'there is no strategy' } : look(subject)
}
