import { type AuthEvent, createStrategy, memoryStore, posti, type Strategy } from '@auth/core'
import { withAuth } from '@auth/fetch'
import { fault, type ObservedRequest } from '@auth/sandbox'
import { describe, expect, test } from 'vitest'
import { CARRIERS, onStage, wireOf } from './support/carriers.ts'
import { HOUR } from './support/clock.ts'
import { stage } from './support/stage.ts'

describe.each(CARRIERS)('%s', (id) => {
  // Some answers name no lifetime: there is none to spoil or to shorten.
  const { namesLifetime, tokenInBody } = wireOf(id)

  test('G1: credentials go over TLS only', async () => {
    const { another, strategy } = await onStage(id)
    const plain = strategy.origins.map((origin) => origin.replace('https:', 'http:'))
    expect(await another().authorize({ url: `${plain[0]}/echo`, method: 'GET', headers: {} })).toEqual({})
    expect(() => createStrategy({ origins: plain, layers: [{ scheme: 'none', authorize: () => ({}) }] })).toThrow(
      /^origins.*http/,
    )
  })

  test('G2 G7: N concurrent calls cost one POST', async () => {
    const { fetch, url, control, tokenRequests } = await onStage(id)
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(url)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(control.counters).toMatchObject({ tokenRequests: 1, apiCalls: 20 })
    expect(tokenRequests()[0]?.method).toBe('POST')
  })

  test('G4 G6: an expired token is requested anew, with the same grant', async () => {
    const { fetch, url, control, clock, tokenRequests } = await onStage(id)
    await fetch(url)
    clock.advance(24 * HOUR)
    expect((await fetch(url)).status).toBe(200)
    expect(control.counters).toMatchObject({ tokenRequests: 2, apiRejections: 0 })
    const [first, second] = tokenRequests()
    expect([second?.url, second?.body]).toEqual([first?.url, first?.body])
  })

  test('G5: further members of the token response change nothing', async () => {
    const { fetch, url, control } = await onStage(id)
    control.faults.tokenEndpoint(fault.members({ refresh_token: 'x', posti_fi: { targets: [] }, issued_at: '1' }))
    expect((await fetch(url)).status).toBe(200)
  })

  test.runIf(namesLifetime)('G8: an `expires_in` in a string, and none at all, are understood', async () => {
    for (const [members, life] of [
      [{ expires_in: '60' }, 54_000],
      [{ expires_in: undefined }, 290_000],
    ] as const) {
      const { fetch, url, control, clock, apiCalls } = await onStage(id)
      control.faults.tokenEndpoint(fault.members(members))
      await fetch(url)
      clock.advance(life - 1)
      await fetch(url)
      clock.advance(1)
      expect((await fetch(url)).status).toBe(200)
      const [first, kept, replaced] = apiCalls().map(({ headers }) => headers.authorization)
      expect([kept === first, replaced === first]).toEqual([true, false])
    }
  })

  test('G10: an answer that is no JSON is an error that shows nothing of it', async () => {
    const { fetch, url, control, clock } = await onStage(id)
    control.faults.tokenEndpoint(fault.html)
    const error = await clock.passUntil(fetch(url)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID' })
    expect((error as Error).message).not.toContain('Maintenance')
    control.faults.clear()
    expect((await fetch(url)).status).toBe(200)
  })

  test('T8: a secret that was rotated is replaced together with its token, and never sent again', async () => {
    const { fetch, url, control, tokenRequests, apiCalls } = await onStage(id)
    // Wherever the carrier has its secrets.
    const shown = ({ headers, body }: ObservedRequest) => JSON.stringify([headers, body])
    const secretOf = (at: number) =>
      tokenRequests()
        .slice(at, at + 1)
        .map(shown)
        .join()
    await fetch(url)
    control.rotate()
    control.revoke()
    expect((await fetch(url)).status).toBe(200)
    expect(secretOf(1)).not.toBe(secretOf(0))
    expect(apiCalls()[2]?.headers).not.toEqual(apiCalls()[0]?.headers)
    expect(control.counters).toMatchObject({ tokenRequests: 2, tokenFailures: 0, apiCalls: 3 })
  })

  test('T9: 20 calls with a revoked token cost one token request and one replay each', async () => {
    const { fetch, url, control } = await onStage(id)
    await fetch(url)
    control.revoke()
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(url)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(control.counters).toMatchObject({ tokenRequests: 2, apiCalls: 1 + 20 + 20, apiRejections: 20 })
  })

  test('T10: a body is replayed byte for byte, or, when it is a stream, not at all', async () => {
    const { fetch, url, control } = await onStage(id)
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) % 256)
    await fetch(url)
    control.revoke()
    const replayed = await fetch(url, { method: 'POST', body: bytes, headers: { 'content-type': 'image/x-odd' } })
    expect([replayed.status, replayed.headers.get('content-type')]).toEqual([200, 'image/x-odd'])
    expect(Buffer.from(await replayed.arrayBuffer()).equals(bytes)).toBe(true)
    control.revoke()
    const { apiCalls } = control.counters
    const body = new Blob([bytes]).stream()
    const streamed = await fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit)
    expect(streamed.status).toBe(401)
    expect(control.counters.apiCalls).toBe(apiCalls + 1)
  })

  const wrongAnswers = [
    ['5xx', fault.unavailable],
    ['HTML', fault.html],
    ['nothing', fault.empty],
    // A token that is in a header is not cut.
    ...(tokenInBody ? ([['half of the JSON', fault.truncated]] as const) : []),
    ['a cut connection', 'disconnect'],
    ['silence', 'hang'],
  ] as const
  test.each(wrongAnswers)(
    'T11: while the token endpoint answers with %s, a valid token keeps being served',
    async (_what, wrong) => {
      const events: AuthEvent[] = []
      const { fetch, url, control, clock, strategy } = await onStage(id, {
        onEvent: (event) => events.push(event),
        // Real time: long enough for a busy machine to answer, short enough to wait for silence.
        timeout: 1500,
      })
      const failures = () => events.filter(({ type }) => type === 'token-request-failed').length
      await fetch(url)
      const { expiresAt } = statusOf(strategy)
      control.faults.tokenEndpoint(wrong)
      // Inside the refresh-ahead window, with half a minute to go.
      clock.advance((expiresAt ?? 0) - clock.now() - 30_000)
      for (let i = 0; i < 3; i++) expect((await fetch(url)).status).toBe(200)
      await expect.poll(failures, { timeout: 5000 }).toBeGreaterThan(0)
      expect((await fetch(url)).status).toBe(200)
      expect(statusOf(strategy)).toMatchObject({ expiresAt })
      // No lock-out: as soon as the endpoint is back, a token is had.
      control.faults.clear()
      clock.advance(60_000)
      expect((await fetch(url)).status).toBe(200)
      expect(statusOf(strategy).state).toBe('fresh')
    },
  )

  test('T11: a byte order mark in front of the token response does no harm', async () => {
    const { fetch, url, control } = await onStage(id)
    control.faults.tokenEndpoint(fault.byteOrderMark)
    expect((await fetch(url)).status).toBe(200)
  })

  test('T11: a throttled token endpoint is left alone until it said', async () => {
    const { fetch, url, control, clock } = await onStage(id)
    control.faults.tokenEndpoint(fault.throttled(30), 1)
    for (let i = 0; i < 3; i++) {
      await expect(fetch(url)).rejects.toMatchObject({ code: 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED' })
    }
    expect(control.counters.tokenRequests).toBe(1)
    clock.advance(30_000)
    expect((await fetch(url)).status).toBe(200)
  })

  test.runIf(namesLifetime)(
    'T12: a wall clock that jumps by an hour neither keeps a dead token alive nor brings an error',
    async () => {
      for (const jump of [HOUR, -HOUR]) {
        const { fetch, url, clock, control } = await onStage(id, {}, { expiresIn: 1800 })
        await fetch(url)
        clock.setWall(clock.now() + jump)
        expect((await fetch(url)).status).toBe(200)
        // By the monotonic clock the first token is over in half an hour, whatever the wall clock shows.
        clock.advance(HOUR / 2)
        expect((await fetch(url)).status).toBe(200)
        expect(control.counters).toMatchObject({ tokenRequests: jump > 0 ? 3 : 2, apiRejections: 0 })
      }
    },
  )
})

describe('T7: one client id', () => {
  const username = 'the-same-name'

  test('with different secrets: each tenant has its own token, in a shared store too', async () => {
    const store = memoryStore()
    const { sandbox, clock, control, apiCalls } = await onStage('posti', {}, { credentials: { username } })
    const { options, baseUrl, credentials } = sandbox.posti
    const tenant = (password: string) => withAuth(fetch, posti({ username, password }, { ...options, clock, store }))
    expect((await tenant(credentials.password)(`${baseUrl}/echo`)).status).toBe(200)
    // The other's secret is wrong: it must not ride on the token of the first.
    await expect(tenant('another secret')(`${baseUrl}/echo`)).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIALS_REJECTED',
    })
    expect(control.counters).toMatchObject({ tokenRequests: 2, tokenFailures: 1 })
    expect(apiCalls()).toHaveLength(1)
  })

  test('in two environments: each has its own token, in a shared store too', async () => {
    const store = memoryStore()
    const credentials = { username, password: 'the same password' }
    for (const { sandbox, clock } of [await stage('posti', { credentials }), await stage('posti', { credentials })]) {
      const { options, baseUrl, control } = sandbox.posti
      const client = withAuth(fetch, posti(credentials, { ...options, clock, store }))
      expect((await client(`${baseUrl}/echo`)).status).toBe(200)
      expect(control.counters).toMatchObject({ tokenRequests: 1, apiRejections: 0 })
    }
  })
})

describe('T1: one client authentication a request', () => {
  test.each(CARRIERS)('%s', async (id) => {
    const { fetch, url, tokenRequests } = await onStage(id)
    expect((await fetch(url)).status).toBe(200)
    const [request] = tokenRequests()
    const inBody = request?.body?.includes('client_secret') === true
    const inHeader = request?.headers.authorization !== undefined
    const inQuery = request?.url.includes('client_secret')
    const documented = wireOf(id)
    expect({ inBody, inHeader, inQuery }).toEqual({
      inBody: documented.secretInBody,
      inHeader: documented.secretInHeader,
      inQuery: false,
    })
    expect(inBody && inHeader).toBe(false)
  })
})

function statusOf(strategy: Strategy) {
  const layer = strategy.status().layers.find(({ scheme }) => scheme === 'bearer')
  if (layer === undefined) throw new Error('no bearer layer')
  return layer
}
