import type { Strategy } from '@auth/core'
import {
  isOneShot,
  reauthorize,
  redactError,
  removeQuery,
  removeTraces,
  reportRefusal,
  requireStrategy,
  textOf,
} from '@auth/core/adapter'
import type { ExtendOptions, RetryOptions } from 'got'
import { useAccountCache } from './account-cache.ts'
import { authRequest } from './auth-request.ts'
import { type Call, callsByContext, originOf, type RequestOptions } from './call.ts'
import { FormBody, fixBody, fixForm } from './form-body.ts'

/**
 * The options that `got.extend` takes to authenticate requests to the strategy's origins: hooks, and nothing else.
 *
 * @throws ConfigurationError when `strategy` is not a strategy.
 */
export function authHooks(strategy: Strategy): Required<Pick<ExtendOptions, 'hooks'>> {
  requireStrategy(strategy)
  const calls = callsByContext()
  return {
    hooks: {
      init: [fixBody],
      beforeRequest: [
        (options, { retryCount }) => {
          const call = calls.at(options, retryCount)
          call.redirecting = false
          call.sent = undefined
          fixForm(options)
          useAccountCache(strategy, options)
          // Credentials are attached to what got hands to Node, at the last moment: hooks, redirects and errors see
          // the user's own options, and whatever his hooks make of the URL is what is judged.
          options.request = authRequest(strategy, call, options)
        },
      ],
      beforeRedirect: [
        (options, { statusCode, redirectUrls }) => {
          const call = calls.find(options)
          if (call === undefined) return
          call.redirecting = true
          // A server may copy the query it was sent into the location it answers with; got's errors show both of these.
          for (const url of [options.url, ...redirectUrls].filter((url) => url !== undefined)) {
            if (url.origin !== call.origin) url.href = removeTraces(url.href, call.attached)
            else for (const { query } of call.attached) url.href = removeQuery(url.href, query)
          }
          // The body was meant for the API, as the credentials were.
          if (call.attached.length > 0 && options.body !== undefined && originOf(options) !== call.origin) {
            throw new TypeError(
              `redirected with ${statusCode} to another origin, which the request's body is not sent to`,
            )
          }
        },
      ],
      afterResponse: [
        (response, retryWithMergedOptions) => {
          const { options } = response.request
          if (response.statusCode < 400) return response
          const call = calls.find(options)
          if (call?.sent === undefined) return response
          const { request, credentials } = call.sent
          const { statusCode: status, headers, rawBody } = response
          const answer = { status, headers, body: () => textOf(rawBody), replayed: call.replayed }
          if (call.replayed || (isOneShot(options.body) && !(options.body instanceof FormBody))) {
            reportRefusal(strategy, request, credentials, answer)
            return response
          }
          const reauthorized = within(options.timeout.request, reauthorize(strategy, request, credentials, answer))
          return reauthorized.then((fresh) => {
            if (fresh === undefined) return response
            call.fresh = fresh
            call.replayed = true
            return retryWithMergedOptions({ preserveHooks: true, retry: oneMore(options, call) })
          })
        },
      ],
      beforeError: [
        (error) => {
          const call = calls.find(error.options)
          // The hook for responses does not run for `got.stream`.
          if (error.options?.isStream && call?.sent !== undefined && error.response !== undefined) {
            const { request, credentials } = call.sent
            const { statusCode: status, headers } = error.response
            reportRefusal(strategy, request, credentials, { status, headers, replayed: call.replayed })
          }
          const attached = call?.attached ?? []
          for (const part of [error, error.request, error.response]) redactError(part, attached)
          return error
        },
      ],
    },
  }
}

/** A replay is none of the user's retries: it takes nothing from their number, and his delay is not asked for it. */
function oneMore({ retry }: RequestOptions, call: Call): Partial<RetryOptions> {
  const { calculateDelay } = retry
  return {
    limit: (retry.limit ?? 0) + 1,
    calculateDelay: (state) => (call.fresh === undefined ? (calculateDelay?.(state) ?? state.computedValue) : 1),
  }
}

/** What is not there after `ms` is given up. */
async function within<T>(ms: number | undefined, value: Promise<T>): Promise<T | undefined> {
  if (ms === undefined) return value
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  return Promise.race([value, late]).finally(() => clearTimeout(timer))
}
