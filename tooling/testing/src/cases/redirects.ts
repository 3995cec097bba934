import { queryKey } from '@auth/core'
import { expect } from 'vitest'
import { type Bench, KEY, QUERY_KEY } from '../bench.ts'
import { expectClean } from '../clean.ts'
import { expectBare } from './credentials.ts'
import { accepts } from './replay.ts'

const STATUSES = [301, 302, 303, 307, 308]

/** Credentials stay on their origin, whatever a server says. */
export function redirects(b: Bench): void {
  const { it } = b
  const redirectTo = (location: () => string, status = 302): void => {
    b.api.onRequest(({ path }) => (path.startsWith('/from') ? { status, headers: { location: location() } } : {}))
  }

  for (const status of STATUSES) {
    it(`follows a ${status} within the origin, authenticated`, async () => {
      redirectTo(() => '/to?page=2', status)
      expect(await b.client().send({ url: `${b.api.origin}/from` })).toMatchObject({ status: 200 })
      const last = b.api.received[1]
      expect(b.api.received).toHaveLength(2)
      expect(last?.headers).toMatchObject({ authorization: `Bearer ${b.tokens.current}`, 'x-api-key': KEY })
      expect([...new URL(last?.path ?? '', b.api.origin).searchParams]).toEqual([
        ['page', '2'],
        ['api-key', QUERY_KEY],
      ])
    })

    it(`takes nothing along on a ${status} to another origin`, async () => {
      redirectTo(() => `${b.elsewhere.origin}/to`, status)
      const answer = await b.client().send({ url: `${b.api.origin}/from`, headers: { 'x-mine': 'mine' } })
      expect(answer.status).toBe(200)
      expectBare(b.elsewhere.received[0])
    })

    it(`takes nothing along on a ${status} with a body to another origin`, async () => {
      redirectTo(() => `${b.elsewhere.origin}/to`, status)
      const sent = { url: `${b.api.origin}/from`, method: 'POST', json: { parcel: 'for the API only' } }
      const error = await b
        .client()
        .send(sent)
        .then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
      if (status < 307) {
        expect(error).toBeUndefined()
        expect(b.elsewhere.received.map(({ method, body }) => [method, body.length])).toEqual([['GET', 0]])
        expectBare(b.elsewhere.received[0])
      } else {
        // What is in the body was meant for the API: the redirect is refused, in words.
        expect(b.elsewhere.received).toEqual([])
        expect(messagesOf(error)).toMatch(/another origin/)
        expectClean(error, b.secrets())
      }
    })
  }

  it(
    'authenticates a redirect within the origin afresh',
    async () => {
      b.api.onRequest(({ path }) => {
        if (path.startsWith('/to')) return {}
        b.tokens.current = 'second-token-0002'
        return { status: 302, headers: { location: '/to' } }
      })
      await b.client().send({ url: `${b.api.origin}/from` })
      expect(b.api.received[1]?.headers.authorization).toBe('Bearer second-token-0002')
    },
    'fresh-redirect',
  )

  it('takes nothing along to another origin by way of the same one', async () => {
    b.api.onRequest(({ path }) => {
      if (path.startsWith('/from')) return { status: 302, headers: { location: '/via' } }
      return { status: 302, headers: { location: `${b.elsewhere.origin}/to` } }
    })
    expect((await b.client().send({ url: `${b.api.origin}/from` })).status).toBe(200)
    expect(b.api.received[1]?.headers['x-api-key']).toBe(KEY)
    expectBare(b.elsewhere.received[0])
  })

  it('takes nothing along when another origin redirects back', async () => {
    b.elsewhere.onRequest(() => ({ status: 302, headers: { location: `${b.api.origin}/back` } }))
    redirectTo(() => `${b.elsewhere.origin}/to`)
    await b.client().send({ url: `${b.api.origin}/from` })
    expectBare(b.elsewhere.received[0])
    expectBare(b.api.received[1])
  })

  it('takes nothing along from one trusted origin to another', async () => {
    redirectTo(() => `${b.elsewhere.origin}/to`)
    const client = b.client(undefined, { origins: [b.api.origin, b.elsewhere.origin] })
    expect((await client.send({ url: `${b.api.origin}/from` })).status).toBe(200)
    expectBare(b.elsewhere.received[0])
  })

  it('attaches nothing when an origin that is not trusted redirects to one that is', async () => {
    b.elsewhere.onRequest(() => ({ status: 302, headers: { location: `${b.api.origin}/to` } }))
    expect((await b.client().send({ url: `${b.elsewhere.origin}/from` })).status).toBe(200)
    expectBare(b.elsewhere.received[0])
    expectBare(b.api.received[0])
  })

  it('does not judge the 401 of a redirect target elsewhere', async () => {
    b.tokens.next = 'second-token-0002'
    redirectTo(() => `${b.elsewhere.origin}/to`)
    b.elsewhere.onRequest(() => ({ status: 401, body: 'not yours' }))
    expect(await b.client().send({ url: `${b.api.origin}/from` })).toEqual({ status: 401, body: 'not yours' })
    expect(b.tokens.refused).toEqual([])
    expect(b.elsewhere.received).toHaveLength(1)
  })

  it('does not pass on a query key that the server copied into the location', async () => {
    b.api.onRequest(({ path }) => ({ status: 302, headers: { location: `${b.elsewhere.origin}${path}&page=2` } }))
    await b.client([queryKey('api-key', QUERY_KEY)]).send({ url: `${b.api.origin}/from?a=1` })
    expect(b.elsewhere.received[0]?.path).toBe('/from?a=1&page=2')
  })

  const moved: readonly (readonly [string, (path: string) => string])[] = [
    ['another parameter', (path) => `/to?next=${encodeURIComponent(path)}&page=2`],
    ['another parameter, encoded twice', (path) => `/to?next=${encodeURIComponent(encodeURIComponent(path))}&page=2`],
    ['the path', (path) => `/to/${path.slice(path.indexOf('api-key=') + 8)}?page=2`],
    ['a parameter of another name', () => `/to?${new URLSearchParams({ k: QUERY_KEY })}&page=2`],
    ['the fragment', (path) => `/to?page=2#${path}`],
  ]
  for (const [where, location] of moved) {
    it(`does not pass on a query key that the server moved into ${where}`, async () => {
      b.api.onRequest(({ path }) => ({ status: 302, headers: { location: `${b.elsewhere.origin}${location(path)}` } }))
      await b.client([queryKey('api-key', QUERY_KEY)]).send({ url: `${b.api.origin}/from?a=1` })
      const path = b.elsewhere.received[0]?.path ?? ''
      expect(path).toContain('page=2')
      let decoded = path
      for (let times = 0; times < 4; times++) {
        expect(decoded.replaceAll('+', ' ')).not.toContain(QUERY_KEY.replaceAll('+', ' '))
        decoded = decodeURIComponent(decoded)
      }
    })
  }

  it('does not pass on a short query key under another name', async () => {
    b.api.onRequest(() => ({ status: 302, headers: { location: `${b.elsewhere.origin}/test?k=test&mode=testing` } }))
    await b.client([queryKey('api-key', 'test')]).send({ url: `${b.api.origin}/from` })
    expect(b.elsewhere.received[0]?.path).toBe('/test?mode=testing')
  })

  it('attaches the query key once when the server copied it into the location', async () => {
    b.api.onRequest(({ path }) =>
      path.startsWith('/from') ? { status: 302, headers: { location: path.replace('/from', '/to') } } : {},
    )
    await b.client([queryKey('api-key', QUERY_KEY)]).send({ url: `${b.api.origin}/from?a=1` })
    expect([...new URL(b.api.received[1]?.path ?? '', b.api.origin).searchParams]).toEqual([
      ['a', '1'],
      ['api-key', QUERY_KEY],
    ])
  })

  it('replays the request that was refused behind a redirect within the origin', async () => {
    b.tokens.next = 'second-token-0002'
    const welcome = accepts(b.tokens.next)
    b.api.onRequest((request) =>
      request.path.startsWith('/from') ? { status: 307, headers: { location: '/to' } } : welcome(request),
    )
    const answer = await b.client().send({ url: `${b.api.origin}/from`, method: 'POST', body: 'x' })
    expect(answer).toEqual({ status: 200, body: 'welcome' })
    expect(b.api.received.length).toBeLessThanOrEqual(4)
    expect(b.api.received.at(-1)).toMatchObject({ method: 'POST', body: Buffer.from('x') })
  })

  it('hands a redirect over to the caller who wants it', async () => {
    redirectTo(() => `${b.elsewhere.origin}/to`)
    const answer = await b.client().send({ url: `${b.api.origin}/from`, redirect: 'manual' })
    expect(answer.status).toBe(302)
    expect(b.elsewhere.received).toEqual([])
  })

  it('hands over a redirect without a location', async () => {
    b.api.onRequest(() => ({ status: 302, body: 'where?' }))
    expect(await b.client().send({ url: b.api.origin })).toEqual({ status: 302, body: 'where?' })
  })

  it('ends a redirect that never ends, with a clean error', async () => {
    b.api.onRequest(() => ({ status: 302, headers: { location: '/from' } }))
    const error = await b
      .client()
      .send({ url: `${b.api.origin}/from` })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expectClean(error, b.secrets())
    expect(b.api.received.length).toBeLessThan(30)
  })

  it('refuses a redirect to what is not a web address, with a clean error', async () => {
    b.api.onRequest(() => ({ status: 302, headers: { location: 'file:///etc/hostname' } }))
    const error = await b
      .client()
      .send({ url: b.api.origin })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expectClean(error, b.secrets())
  })
}

function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messagesOf(error.cause)}` : ''
}
