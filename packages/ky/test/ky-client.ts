import type { Strategy } from '@auth/core'
import type { Call, ClientUnderTest } from '@auth/testing'
import type { KyInstance, Options } from 'ky'

/** A ky, as the contract suite calls it. */
export function kyClient(
  client: KyInstance,
  withAuth: (ky: KyInstance, strategy: Strategy) => KyInstance,
): ClientUnderTest {
  return {
    create(strategy, { baseUrl, retries = 0, timeout, also }) {
      const first = withAuth(
        client.extend({
          retry: { limit: retries, delay: () => 0 },
          ...(baseUrl !== undefined && { baseUrl }),
          ...(timeout !== undefined && { timeout }),
        }),
        strategy,
      )
      const authenticated = also === undefined ? first : withAuth(first, also)
      const options = ({ url: _, optOut, headers, body, ...call }: Call): Options => ({
        ...call,
        headers: { ...headers, ...(optOut && { authorization: '' }) },
        ...(body !== undefined && { body: body as NonNullable<Options['body']> }),
      })
      const send = async (call: Call, throwHttpErrors: boolean) => {
        const response = await authenticated(call.url, { ...options(call), throwHttpErrors })
        return { status: response.status, body: await response.text() }
      }
      return {
        send: (call) => send(call, false),
        sendOrThrow: (call) => send(call, true),
        download: async (call) => (await authenticated(call.url, options(call))).body as ReadableStream<Uint8Array>,
      }
    },
  }
}
