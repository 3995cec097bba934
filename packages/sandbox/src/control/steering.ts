import { ConfigurationError } from '@auth/core'
import { anything, type Check, checkOptions, choice, flag, integer, must, required, text } from '@auth/core/options'
import { UnknownAccountError } from '../accounts.ts'
import { apiFault, type FaultEndpoint, faultNames, tokenFault } from '../fault-catalog.ts'
import type { AnySimulator } from '../simulator.ts'
import { Problem } from './problem.ts'

/** One thing that can be done to a carrier: its body is checked, its answer is JSON, or nothing (204). */
export interface Action {
  readonly summary: string
  /** Members of the JSON body. */
  readonly members: Readonly<Record<string, Check>>
  run(simulator: AnySimulator, body: Readonly<Record<string, unknown>>): unknown
}

const ACCOUNT = { account: text }
const httpUrl = must(
  'an http: or https: URL',
  (value) => typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
)

const steer =
  (act: (control: AnySimulator['control'], account: string | undefined) => unknown): Action['run'] =>
  ({ control }, { account }) =>
    act(control, account as string | undefined)

/** Sets a fault; the command line does it too. */
export function setFault(
  { control }: AnySimulator,
  endpoint: FaultEndpoint,
  name: string,
  times?: number,
  retryAfter?: number,
): void {
  if (endpoint === 'token') {
    const fault = tokenFault(name, retryAfter)
    if (fault === undefined) throw unknownFault(endpoint)
    control.faults.tokenEndpoint(fault, times)
  } else {
    const fault = apiFault(name, retryAfter)
    if (fault === undefined) throw unknownFault(endpoint)
    control.faults.api(fault, times)
  }
}

function unknownFault(endpoint: FaultEndpoint): ConfigurationError {
  return new ConfigurationError('fault', `must be one of ${faultNames(endpoint).join(', ')}`)
}

export const ACTIONS: Readonly<Record<string, Action>> = {
  revoke: {
    summary: 'Revokes the tokens of one account, or of all without a body.',
    members: ACCOUNT,
    run: steer((control, account) => control.revoke(account)),
  },
  lock: {
    summary: 'Rejects right credentials like wrong ones.',
    members: ACCOUNT,
    run: steer((control, account) => control.lock(account)),
  },
  unlock: {
    summary: 'Ends a lock.',
    members: ACCOUNT,
    run: steer((control, account) => control.unlock(account)),
  },
  clear: {
    summary: 'Ends every fault.',
    members: {},
    run: steer((control) => control.faults.clear()),
  },
  rotate: {
    summary: 'Replaces the secret; the old one is rejected at once.',
    members: ACCOUNT,
    run: steer((control, account) => ({ credentials: control.rotate(account) })),
  },
  accounts: {
    summary: "Opens a further account. The body has the carrier's own settings, where it has any.",
    members: {},
    run: async ({ control }, settings) => ({ credentials: await control.createAccount(settings) }),
  },
  settings: {
    summary: "Changes the account's settings in the carrier's portal, such as Sendcloud's useOAuth2.",
    members: ACCOUNT,
    run({ id, control }, { account, ...settings }) {
      if (control.change === undefined) throw new Problem(404, `${id} has no settings`)
      control.change(settings, account as string | undefined)
    },
  },
  webhook: {
    summary: 'Posts an event to `url`, signed as the carrier does; the answer has the status of the receiver.',
    members: { url: required(httpUrl), event: required(anything), forged: flag },
    async run({ id, control: { webhooks } }, { url, event, forged }) {
      if (webhooks === undefined) throw new Problem(404, `${id} sends no webhooks`)
      try {
        return await webhooks.send(String(url), event, { forged: forged === true })
      } catch {
        throw new Problem(502, `nobody answers at ${new URL(String(url)).origin}`)
      }
    },
  },
  fault: {
    summary: 'Makes the next `times` requests fail; all of them without `times`, until `clear`.',
    members: {
      endpoint: required(choice('token', 'api')),
      fault: required(anything),
      times: integer(1),
      retryAfter: integer(0, 86_400),
    },
    run(simulator, { endpoint, fault, times, retryAfter }) {
      setFault(
        simulator,
        endpoint as FaultEndpoint,
        String(fault),
        times as number | undefined,
        retryAfter as number | undefined,
      )
    },
  },
}

// The carriers check these bodies themselves, by tables of their own.
const OPEN_BODIES = new Set(['accounts', 'settings'])

/** Checks the body, acts, and turns what is wrong with it into a problem. */
export async function act(name: string, simulator: AnySimulator, body: unknown): Promise<unknown> {
  const action = ACTIONS[name] as Action
  try {
    if (!OPEN_BODIES.has(name)) checkOptions(body as object, action.members as never, name)
    return await action.run(simulator, body as Record<string, unknown>)
  } catch (error) {
    if (error instanceof ConfigurationError) throw new Problem(400, error.message)
    if (error instanceof UnknownAccountError) throw new Problem(404, error.message)
    throw error
  }
}
