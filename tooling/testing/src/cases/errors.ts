import { AuthError, ConfigurationError, CredentialsRejectedError } from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import { expectClean } from '../clean.ts'
import type { Call, TestClient } from '../client.ts'
import { testServer } from '../server.ts'

/** Whatever is thrown shows nothing of what was attached, and says what it is about. */
export function errors(b: Bench): void {
  const { it } = b
  const thrownBy = async (sending: Promise<unknown>): Promise<unknown> => {
    const settled = await Promise.allSettled([sending])
    expect(settled[0].status).toBe('rejected')
    return (settled[0] as PromiseRejectedResult).reason
  }

  const failures: [name: string, client: () => TestClient, call: () => Call][] = [
    ['404', () => b.client(), () => ({ url: `${b.api.origin}/404` })],
    ['404 for a POST', () => b.client(), () => ({ url: `${b.api.origin}/404`, method: 'POST', json: { a: 1 } })],
    ['401 for good', () => b.client(), () => ({ url: `${b.api.origin}/401` })],
    ['503 after retries', () => b.client(undefined, { retries: 1 }), () => ({ url: `${b.api.origin}/503` })],
  ]
  for (const [name, client, call] of failures) {
    it(
      `shows no secret in the error for a ${name}`,
      async () => {
        b.api.onRequest(({ path }) => ({
          status: Number(path.slice(1, 4)),
          headers: { 'retry-after': '0', 'content-type': 'application/json' },
          body: '{"problem":"as described"}',
        }))
        expectClean(await thrownBy(client().sendOrThrow(call())), b.secrets())
      },
      name.includes('retries') ? 'retries' : 'status-errors',
    )
  }

  it(
    'shows no secret in the error for a 401 that was replayed',
    async () => {
      b.tokens.next = 'second-token-0002'
      b.api.onRequest(() => ({ status: 401 }))
      expectClean(await thrownBy(b.client().sendOrThrow({ url: b.api.origin })), [...b.secrets(), 'first-token-0001'])
      expect(b.api.received).toHaveLength(2)
    },
    'status-errors',
  )

  it(
    'shows no secret in the error for a status behind a redirect',
    async () => {
      b.api.onRequest(({ path }) =>
        path.startsWith('/from') ? { status: 302, headers: { location: '/to' } } : { status: 500 },
      )
      expectClean(await thrownBy(b.client().sendOrThrow({ url: `${b.api.origin}/from` })), b.secrets())
    },
    'status-errors',
  )

  it(
    'shows no secret in the error behind redirects into which the server copied the query',
    async () => {
      b.api.onRequest(({ path }) =>
        path.startsWith('/from')
          ? { status: 302, headers: { location: path.replace('/from', '/to') } }
          : { status: 500 },
      )
      expectClean(await thrownBy(b.client().sendOrThrow({ url: `${b.api.origin}/from` })), b.secrets())
      b.api.onRequest(({ path }) => ({ status: 302, headers: { location: `${b.elsewhere.origin}${path}` } }))
      b.elsewhere.onRequest(() => ({ status: 500 }))
      expectClean(await thrownBy(b.client().sendOrThrow({ url: `${b.api.origin}/from` })), b.secrets())
    },
    'status-errors',
  )

  it('shows no secret in the error for redirects without end into which the server copied the query', async () => {
    b.api.onRequest(({ path }) => ({ status: 302, headers: { location: path } }))
    expectClean(await thrownBy(b.client().sendOrThrow({ url: `${b.api.origin}/from` })), b.secrets())
  })

  it(
    'shows no secret in the error while other requests are under way',
    async () => {
      let answerSlow = (): void => {}
      const slow = new Promise<void>((resolve) => {
        answerSlow = resolve
      })
      const started = Promise.withResolvers<void>()
      b.api.onRequest(async ({ path }) => {
        if (path.startsWith('/404')) return { status: 404 }
        started.resolve()
        await slow
        return {}
      })
      const client = b.client()
      const other = client.send({ url: `${b.api.origin}/slow` })
      await started.promise
      const error = await thrownBy(client.sendOrThrow({ url: `${b.api.origin}/404` }))
      expectClean(error, b.secrets())
      answerSlow()
      expect((await other).status).toBe(200)
    },
    'status-errors',
  )

  it('shows no secret in the error for a connection that breaks off', async () => {
    b.api.onRequest(() => new Promise(() => {}))
    const pending = thrownBy(b.client().send({ url: b.api.origin, method: 'POST', body: 'x' }))
    await arrival(b)
    b.api.drop()
    expectClean(await pending, b.secrets())
  })

  it('shows no secret in the error for a token that no header can carry', async () => {
    b.tokens.current = 'token-with\n-a-line-break-0001'
    const [outcome] = await Promise.allSettled([b.client().send({ url: b.api.origin })])
    if (outcome.status === 'rejected') {
      expectClean(outcome.reason, [...b.secrets(), 'token-with', '-a-line-break-0001'])
    }
    expect(b.api.received.map(({ headers }) => headers['-a-line-break-0001'])).not.toContain(expect.anything())
  })

  it('shows no secret in the error for a server that is not there', async () => {
    const gone = await testServer(await b.authority.issueServer(), b.authority.certificate)
    await gone.close()
    const client = b.client(undefined, { origins: [gone.origin] })
    expectClean(await thrownBy(client.send({ url: gone.origin })), b.secrets())
  })

  it('shows no secret in the error for a server that is not trusted', async () => {
    const unknown = await createCertificateAuthority()
    const server = await testServer(await unknown.issueServer(), b.authority.certificate)
    try {
      const client = b.client(undefined, { origins: [server.origin] })
      expectClean(await thrownBy(client.send({ url: server.origin, method: 'POST', json: {} })), b.secrets())
    } finally {
      await server.close()
    }
  })

  it('shows no secret in the error for an aborted request', async () => {
    b.api.onRequest(() => new Promise(() => {}))
    const controller = new AbortController()
    const pending = thrownBy(b.client().send({ url: b.api.origin, signal: controller.signal }))
    await arrival(b)
    controller.abort()
    expectClean(await pending, b.secrets())
  })

  it(
    'shows no secret in the error for a timeout',
    async () => {
      b.api.onRequest(() => new Promise(() => {}))
      expectClean(await thrownBy(b.client(undefined, { timeout: 50 }).send({ url: b.api.origin })), b.secrets())
    },
    'timeout',
  )

  it('rejects with the AuthError, or with it as cause, when no token can be had, and sends nothing', async () => {
    const retryAt = Date.now() + 3_600_000
    b.tokens.failure = new CredentialsRejectedError('the credentials were rejected', { retryAt, status: 401 })
    const error = await thrownBy(b.client().send({ url: b.api.origin }))
    expect(authErrorOf(error)).toBe(b.tokens.failure)
    expect(b.api.received).toEqual([])
    expect(b.tokens.asked).toBe(1)
  })

  it(
    "is not made to ask again by the client's own retries when no token can be had",
    async () => {
      // A code that clients retry for: the reason must not look like a failure of the request itself.
      b.tokens.failure = Object.assign(new ConfigurationError('secret', 'cannot be read'), {
        cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      })
      const error = await thrownBy(b.client(undefined, { retries: 2 }).send({ url: b.api.origin }))
      expect(authErrorOf(error)).toBe(b.tokens.failure)
      expect(b.tokens.asked).toBe(1)
    },
    'retries',
  )

  it('recovers by itself once a token can be had again', async () => {
    const client = b.client()
    b.tokens.failure = new ConfigurationError('secret', 'cannot be read')
    await thrownBy(client.send({ url: b.api.origin }))
    b.tokens.failure = undefined
    expect((await client.send({ url: b.api.origin })).status).toBe(200)
  })
}

/** The first request has arrived. */
export async function arrival(b: Bench): Promise<void> {
  while (b.api.received.length === 0) await new Promise((resolve) => setImmediate(resolve))
}

function authErrorOf(error: unknown): unknown {
  if (error instanceof AuthError || !(error instanceof Error)) return error
  return authErrorOf(error.cause)
}
