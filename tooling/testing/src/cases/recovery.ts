import { apiKey, bearer, createStrategy, type RecoverOn } from '@auth/core'
import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { TestClient } from '../client.ts'

const EXPIRED = JSON.stringify({ response: { errors: [{ code: '250002', message: 'Invalid token.' }] } })
const LACKING = JSON.stringify({ response: { errors: [{ code: '250009', message: 'No such product.' }] } })
const BY_CODE: RecoverOn = { status: 400, error: { 'response.errors.0.code': '250002' } }

/** Which answers are taken for a rejection, and what is remembered of them. */
export function recovery(b: Bench): void {
  const { it } = b
  const client = (recoverOn: readonly RecoverOn[]): TestClient =>
    b.clientOf(createStrategy({ origins: [b.api.origin], layers: [bearer(b.tokens)], recoverOn }))
  const answering = (status: number, body: string, headers: Record<string, string> = {}): void => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest((request) =>
      request.headers.authorization === `Bearer ${b.tokens.next}` ? { body: 'welcome' } : { status, headers, body },
    )
  }

  it('sends a request once more whose answer has the code that the carrier lists', async () => {
    answering(400, EXPIRED)
    expect(await client([BY_CODE]).send({ url: b.api.origin })).toEqual({ status: 200, body: 'welcome' })
  })

  it('hands over an answer with another code, and its whole body', async () => {
    answering(400, LACKING)
    expect(await client([BY_CODE]).send({ url: b.api.origin })).toEqual({ status: 400, body: LACKING })
    expect(b.tokens.refused).toEqual([])
  })

  it('hands over the whole body of an answer that was looked into and is too long', async () => {
    const long = EXPIRED.padEnd(300_000)
    answering(400, long)
    expect(await client([BY_CODE]).send({ url: b.api.origin })).toEqual({ status: 400, body: long })
    expect(b.tokens.refused).toEqual([])
  })

  it('judges by a header', async () => {
    answering(403, 'forbidden', { 'X-Reason': 'TokenExpired' })
    const patterns = [{ status: 403, header: { 'x-reason': /expired/i } }]
    expect(await client(patterns).send({ url: b.api.origin })).toEqual({ status: 200, body: 'welcome' })
  })

  it('asks for no token again on a path where a fresh one was rejected, and does on others', async () => {
    let n = 0
    const issued = (): string => `token-number-000${n}`
    b.tokens.next = issued()
    b.api.onRequest(({ path, headers }) => {
      n = b.tokens.refused.length + 1
      b.tokens.next = issued()
      return path.startsWith('/labels') || headers.authorization !== `Bearer ${b.tokens.current}`
        ? { status: 401, body: 'refused' }
        : { body: 'ok' }
    })
    const own = client([401])
    for (let i = 0; i < 5; i++) {
      expect(await own.send({ url: `${b.api.origin}/labels/${i}` })).toEqual({ status: 401, body: 'refused' })
      expect(await own.send({ url: `${b.api.origin}/tracking` })).toEqual({ status: 200, body: 'ok' })
    }
    expect(b.tokens.refused).toHaveLength(1)
    expect(b.api.received.filter(({ path }) => path.startsWith('/labels'))).toHaveLength(6)
  })

  it('attaches what the route of a path says, be its spelling odd', async () => {
    const strategy = createStrategy({
      origins: [b.api.origin],
      layers: [apiKey('x-main', 'main-key')],
      routes: [
        { paths: ['/labels'], layers: [apiKey('x-labels', 'labels-key')] },
        { paths: ['/public'], layers: [] },
      ],
    })
    const own = b.clientOf(strategy)
    for (const path of ['/other', '/labels/1', '/x/%2e%2e/labels', '/public'])
      await own.send({ url: b.api.origin + path })
    expect(b.api.received.map(({ headers }) => headers['x-main'] ?? headers['x-labels'])).toEqual([
      'main-key',
      'labels-key',
      'labels-key',
      undefined,
    ])
  })

  it('takes no credentials along on a redirect to a path of another route', async () => {
    const strategy = createStrategy({
      origins: [b.api.origin],
      layers: [apiKey('x-main', 'main-key')],
      routes: [
        { paths: ['/labels'], layers: [apiKey('x-labels', 'labels-key')] },
        { paths: ['/public'], layers: [] },
      ],
    })
    const own = b.clientOf(strategy)
    for (const [from, to] of [
      ['/labels', '/other'],
      ['/other', '/labels'],
      ['/labels', '/public'],
    ]) {
      b.api.clear()
      b.api.onRequest(({ path }) => (path === from ? { status: 302, headers: { location: to as string } } : {}))
      expect((await own.send({ url: b.api.origin + from })).status).toBe(200)
      const headers = b.api.received[1]?.headers ?? {}
      expect(headers['x-labels']).toBe(to === '/labels' ? 'labels-key' : undefined)
      expect(headers['x-main']).toBe(to === '/other' ? 'main-key' : undefined)
    }
  })
}
