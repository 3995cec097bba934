import type { Readable } from 'node:stream'
import type { Strategy } from '@auth/core'
import type { Call, ClientUnderTest } from '@auth/testing'
import type { Got, OptionsInit, Response } from 'got'

/** A got, as the contract suite calls it. */
export function gotClient(client: Got, withAuth: (client: Got, strategy: Strategy) => Got): ClientUnderTest {
  return {
    create(strategy, { baseUrl, retries = 0, timeout, also }) {
      const first = withAuth(
        client.extend({
          retry: { limit: retries, methods: ['GET', 'PUT', 'POST'], noise: 0, backoffLimit: 1 },
          ...(baseUrl !== undefined && { prefixUrl: baseUrl }),
          ...(timeout !== undefined && { timeout: { request: timeout } }),
        }),
        strategy,
      )
      const authenticated = also === undefined ? first : withAuth(first, also)
      const options = ({ method, headers, body, json, signal, redirect, optOut }: Call): OptionsInit => ({
        throwHttpErrors: false,
        followRedirect: redirect !== 'manual',
        ...(method !== undefined && { method }),
        headers: { ...headers, ...(optOut && { authorization: undefined }) },
        ...(body !== undefined && typed(body)),
        ...(json !== undefined && { json }),
        ...(signal !== undefined && { signal }),
      })
      const send = async (call: Call, more: OptionsInit) => {
        const { statusCode, body } = (await authenticated(call.url, { ...options(call), ...more })) as Response
        return { status: statusCode, body: String(body) }
      }
      return {
        send: (call) => send(call, {}),
        sendOrThrow: (call) => send(call, { throwHttpErrors: true }),
        download: async (call) => authenticated.stream(call.url, { ...options(call), throwHttpErrors: true }),
      }
    },
    limits: {
      'download-replay': 'got.stream runs no afterResponse hook',
      'body: ArrayBuffer': 'got takes no ArrayBuffer',
      'body: Blob': 'got takes no Blob',
      'endless-refusal': 'got reads every answer to its end',
    },
  }
}

/** got has an option of its own for forms. */
function typed(body: unknown): OptionsInit {
  if (body instanceof URLSearchParams) return { form: Object.fromEntries(body) }
  return { body: body as Readable | string }
}
