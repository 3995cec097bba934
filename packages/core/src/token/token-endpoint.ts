import type { Clock } from '../clock.ts'
import type { Emit } from '../events.ts'
import { describeError } from '../lib/describe-error.ts'
import { exchange } from './exchange.ts'
import { failureIn, type OutcomeOptions, refusalIn } from './outcome.ts'
import { composeRequest, type TokenRequestOptions } from './token-request.ts'
import type { About, TokenRequester } from './token-requester.ts'
import { readTokenResponse, valueAt } from './token-response.ts'

export interface TokenEndpointOptions extends TokenRequestOptions, OutcomeOptions {
  clock: Clock
  emit?: Emit | undefined
  /** Yields what sends the request; asked for each one. */
  fetch: () => typeof globalThis.fetch
  /** ms for the whole exchange, body included. */
  timeout: number
  defaultLifetime?: number | undefined
}

/**
 * The one place that talks to a token endpoint: sends one request, judges the answer, remembers nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2
 */
export function tokenEndpoint(options: TokenEndpointOptions): TokenRequester {
  const { grant, clock, timeout, response, defaultLifetime } = options
  const { emit } = options

  async function accept(json: unknown, about: About | undefined): Promise<void> {
    try {
      await grant.accept?.(json)
    } catch (error) {
      // The token is good, whatever became of the refresh token; its own words may quote it.
      emit?.({ type: 'refresh-token-not-saved', message: describeError(error), ...about })
    }
  }

  return {
    async request({ credential, reason, about, alive }) {
      alive?.(timeout)
      const wall = clock.now()
      const monotonic = clock.monotonic()
      const sent = await composeRequest(options, credential)
      const { secrets } = sent
      const background = reason === 'refresh-ahead'
      const answer = await exchange(sent, { fetch: options.fetch(), timeout, background })
      const ok = answer.status >= 200 && answer.status < 300
      // Some servers refuse with 200: what they say then counts, not their status.
      if (!ok || valueAt(answer, response?.accessToken ?? 'access_token') === undefined) {
        const refusal = refusalIn(answer, options, secrets, clock.now())
        if (refusal !== undefined) throw refusal
        if (!ok) throw failureIn(answer, options, secrets)
      }
      const token = readTokenResponse(answer, wall, response, defaultLifetime, monotonic)
      await accept(answer.json, about)
      return token
    },
  }
}
