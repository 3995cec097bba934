import type { ApiAnswer, Credentials, Strategy } from '@auth/core'
import { isOneShot, isThenable, reauthorize, reportRefusal, textOf, when } from '@auth/core/adapter'
import type { AxiosAdapter, AxiosError, AxiosInstance, AxiosResponse } from 'axios'
import { type Adapter, restoreAdapter } from './adapter-chain.ts'
import { prepare } from './attempt.ts'
import { reduce } from './auth-request.ts'
import type { Call } from './call.ts'
import { clean, cleanError, note } from './clean.ts'
import { fetchSender } from './fetch-transport.ts'
import { fixedData } from './fixed-data.ts'
import { direct } from './send.ts'
import { transportOf } from './transport.ts'
import { patiently, remaining } from './wait-for-credentials.ts'

/** An adapter that authenticates what it is given, hands it to `inner`, and once more when that was refused. */
export function authAdapter(strategy: Strategy, bare: AxiosInstance, inner: Adapter): AxiosAdapter {
  const transmit = direct(bare)
  const sendByFetch = fetchSender(strategy, bare, transmit, inner)

  // No async function: nearly every answer is handed over as it comes, and each step on its way is paid by every request.
  const send = (call: Call, credentials: Credentials, mayReplay: boolean): Promise<AxiosResponse> => {
    const { config } = call
    const attempt = prepare(call, inner, credentials, (url, method) =>
      when(strategy.authorize({ ...call.request, url, method }), (next) => {
        if (next !== credentials) note(config, next, undefined)
        return next
      }),
    )
    Object.assign(attempt.config, remaining(call))
    const isRefusal = (response: AxiosResponse | null | undefined): response is AxiosResponse => {
      if ((response?.status ?? 0) < 400 || !attempt.authenticated || attempt.left()) return false
      if (mayReplay) return true
      reportRefusal(strategy, call.request, credentials, answerOf(response as AxiosResponse, true))
      return false
    }
    return transmit(attempt.config).then(
      (response) => {
        clean(response, config, attempt)
        return isRefusal(response) ? replay(call, credentials, response).then((other) => other ?? response) : response
      },
      async (error: Partial<AxiosError> | null | undefined) => {
        cleanError(error, config, credentials)
        const refusal = error?.response
        const other = isRefusal(refusal) ? await replay(call, credentials, refusal) : undefined
        if (other === undefined) throw error
        return other
      },
    )
  }

  /** What a refused request is answered with when it is sent once more; `undefined` when that is of no use. */
  const replay = async (
    call: Call,
    credentials: Credentials,
    refusal: AxiosResponse,
  ): Promise<AxiosResponse | undefined> => {
    if (isOneShot(call.body.data)) {
      reportRefusal(strategy, call.request, credentials, answerOf(refusal))
      return undefined
    }
    try {
      const fresh = await patiently(reauthorize(strategy, call.request, credentials, answerOf(refusal)), call, bare)
      if (fresh === undefined) return undefined
      discard(refusal)
      return await send(call, fresh, false)
    } catch (error) {
      discard(refusal)
      throw error
    }
  }

  return (config) => {
    try {
      restoreAdapter(config)
      const transport = transportOf(config.adapter)
      const body = fixedData(config.data, config.headers, transport)
      const call = { config, request: reduce(config, bare), transport, body, start: performance.now(), waited: false }
      if (transport === 'fetch') return sendByFetch(call)
      const authorized = strategy.authorize(call.request)
      if (!isThenable(authorized)) return send(call, authorized, true)
      return patiently(authorized, call, bare).then((credentials) => send(call, credentials, true))
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

/** What the strategy judges of a response. */
function answerOf({ status, headers, data }: AxiosResponse, replayed = false): ApiAnswer {
  return { status, headers, body: () => textOf(data), replayed }
}

/** A download stream that nobody is going to read would hold its connection. */
function discard({ data, request }: AxiosResponse): void {
  if (typeof data?.pipe !== 'function') return
  // What axios makes of the connection's stream, such as one that counts, does not end it with itself.
  for (const part of [data, request]) if (typeof part?.destroy === 'function') part.destroy()
}
