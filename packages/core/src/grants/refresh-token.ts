import { ConfigurationError } from '../errors.ts'
import { putBounded } from '../lib/bounded-map.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callable, checkOptions, required, text } from '../lib/options.ts'
import { ask, basicPart, secret } from '../secret.ts'
import { accountCredential } from './account.ts'
import type { Grant } from './grant.ts'

export interface RefreshTokenOptions {
  /** Yields the current refresh token; asked for each attempt, under the store's lease. */
  load: () => MaybePromise<string>
  /** Keeps the refresh token that replaces the loaded one; awaited before the access token is used. */
  save: (refreshToken: string) => MaybePromise<unknown>
  /** Whose refresh token it is: required with a `store`, where two accounts of one client must not share. */
  account?: string
}

const REMEMBERED = 16

/**
 * A refresh token that may be replaced with each use. With a `store`, one process of a fleet uses it and the others take
 * the access token that comes of it. A replaced one is never sent again: when `save` fails, the new one stays in memory,
 * an event `refresh-token-not-saved` says so, and saving is tried again with the next token request. After a rejection
 * (`invalid_grant`) somebody has to sign in again; `strategy.reset()` then ends the lock-out.
 *
 * @throws ConfigurationError for a missing function.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 * @example
 * refreshToken({ account: merchant.id, load: () => db.refreshToken(merchant.id), save: (token) => db.save(merchant.id, token) })
 */
export function refreshToken(options: RefreshTokenOptions): Grant {
  checkOptions(options, { load: required(callable), save: required(callable), account: text }, 'refreshToken')
  const load = secret(options.load, 'load', basicPart)
  const save = (token: string): MaybePromise<unknown> => ask(() => options.save(token), 'save')()
  const replaced = new Map<string, true>()
  let unsaved: string | undefined
  let sent: string | undefined

  async function current(): Promise<string> {
    if (unsaved === undefined) {
      const loaded = await load()
      if (replaced.has(loaded)) throw new ConfigurationError('load', 'yielded a refresh token that has been replaced')
      return loaded
    }
    const token = unsaved
    try {
      await save(token)
      if (unsaved === token) unsaved = undefined
    } catch {
      // An event has said so; it is still in memory.
    }
    return token
  }

  return Object.freeze({
    parameters: [['grant_type', 'refresh_token']] as const,
    placement: 'body',
    ...accountCredential('refresh_token', options.account),
    async apply({ parameters }) {
      sent = await current()
      parameters.push(['refresh_token', sent])
    },
    async accept(answer) {
      const next = (answer as { refresh_token?: unknown } | null)?.refresh_token
      if (typeof next !== 'string' || next === '' || next === sent) return
      if (sent !== undefined) putBounded(replaced, sent, true, REMEMBERED)
      unsaved = next
      await save(next)
      if (unsaved === next) unsaved = undefined
    },
  } satisfies Grant)
}
