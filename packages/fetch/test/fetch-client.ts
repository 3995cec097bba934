import type { Strategy } from '@auth/core'
import type { Call, ClientUnderTest } from '@auth/testing'

type Fetch = typeof globalThis.fetch

/** A fetch, as the contract suite calls it; `below` is the one that a second strategy is added to. */
export function fetchClient(create: (strategy: Strategy, below?: Fetch) => Fetch): ClientUnderTest {
  return {
    create(strategy, { also } = {}) {
      const first = create(strategy)
      const authenticated = also === undefined ? first : create(also, first)
      const send = async ({ url, optOut, json, headers, body, ...init }: Call) => {
        const response = await authenticated(url, {
          ...init,
          headers: {
            ...(json !== undefined && { 'content-type': 'application/json' }),
            ...headers,
            ...(optOut && { authorization: '' }),
          },
          ...(body !== undefined && { body: body as NonNullable<RequestInit['body']>, duplex: 'half' }),
          ...(json !== undefined && { body: JSON.stringify(json) }),
        })
        return response
      }
      const answer = async (call: Call) => {
        const response = await send(call)
        return { status: response.status, body: await response.text() }
      }
      return {
        send: answer,
        sendOrThrow: answer,
        download: async (call) => (await send(call)).body as ReadableStream<Uint8Array>,
      }
    },
    limits: {
      'base-url': 'fetch has no base URL',
      retries: 'fetch does not retry',
      'status-errors': 'fetch does not throw for a status',
      timeout: 'fetch has no timeout but the signal',
    },
  }
}
