import { type AuthRequest, authErrorOf } from '@auth/core'
import { carrierNamed } from '../carrier.ts'
import { type Overrides, readConfiguration } from '../configuration/read.ts'
import { withoutPermission } from '../doctor/login.ts'
import { prepareCarrier } from '../doctor/prepare-carrier.ts'
import { EXIT, Failure } from '../failure.ts'
import { masker } from '../mask.ts'
import { openStore } from '../memory/open-store.ts'
import type { Terminal } from '../terminal.ts'

export interface TokenArguments extends Overrides {
  readonly store?: string
  readonly yes?: boolean
}

/** Prints an access token, alone, on standard output. */
export async function token(id: string, args: TokenArguments, { env, write, warn, ask }: Terminal): Promise<number> {
  const carrier = carrierNamed(id)
  const configuration = await readConfiguration(carrier, env, args)
  const { store, close } = await openStore(args.store, env)
  try {
    const { configuration: found, subject, secrets } = prepareCarrier(configuration, store)
    if (subject === undefined) throw new Failure(`${found.summary}; ${found.fix ?? 'run carrier-auth doctor'}`)
    const bearer = subject.strategy.status().layers.find(({ state }) => state !== undefined)
    if (bearer === undefined) throw new Failure(`${id} has no token: its credentials go along with every request`)
    const refused = await withoutPermission(subject, { given: args.yes === true, ...(ask && { ask }) })
    if (refused !== undefined) throw new Failure(`${refused.summary}; ${refused.fix}`, EXIT.undecided)
    try {
      const [path = '/'] = bearer.paths ?? []
      const request: AuthRequest = { url: new URL(path, subject.strategy.origins[0]).href, method: 'GET', headers: {} }
      const { headers = {} } = await subject.strategy.authorize(request)
      await subject.ledger.accepted()
      write(`${tokenIn(headers, secrets)}\n`)
      const { expiresAt } = subject.strategy.status().layers.find(({ state }) => state !== undefined) ?? {}
      if (expiresAt !== undefined) warn(`It ends at ${new Date(expiresAt).toISOString()}.\n`)
      return EXIT.healthy
    } catch (error) {
      const failure = authErrorOf(error)
      if (failure === undefined) throw error
      const rejected = failure.code === 'ERR_AUTH_CREDENTIALS_REJECTED'
      const sent = subject.observed.events.some(({ type }) => type === 'token-requested')
      if (rejected && sent) await subject.ledger.rejectedAgain(failure.message, failure.retryAt)
      const undecided = /UNAVAILABLE|THROTTLED/.test(failure.code)
      throw new Failure(masker(secrets)(failure.message), undecided ? EXIT.undecided : EXIT.fault)
    }
  } finally {
    await close()
  }
}

/** `Authorization`, or else the longest header that no credential of the configuration explains. */
function tokenIn(headers: Readonly<Record<string, string>>, secrets: readonly string[]): string {
  const values = Object.entries(headers)
    .filter(([, value]) => !secrets.includes(value))
    .sort(([, a], [, b]) => b.length - a.length)
  const [, value = ''] = values.find(([name]) => name.toLowerCase() === 'authorization') ?? values[0] ?? []
  return value.replace(/^Bearer /i, '')
}
