import { easypostConnect, machineToMachine, nzPost, posti, type Strategy, sendcloud } from '@auth/core'
import { type Counters, type Sandbox, startSandbox } from '@auth/sandbox'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { ClientUnderTest } from '../client.ts'

interface Account {
  readonly strategy: Strategy
  readonly baseUrl: string
  readonly counters: Readonly<Counters>
  /** Whether there is a token, which `revoke` takes back. */
  readonly revoke?: () => void
}

const ACCOUNTS: Readonly<Record<string, (sandbox: Sandbox) => Account>> = {
  'EasyPost Connect': ({ easypostConnect: { credentials, options, baseUrl, control } }) => ({
    strategy: easypostConnect(credentials, options),
    baseUrl,
    counters: control.counters,
    revoke: control.revoke,
  }),
  Posti: ({ posti: { credentials, options, baseUrl, control } }) => ({
    strategy: posti(credentials, options),
    baseUrl,
    counters: control.counters,
    revoke: control.revoke,
  }),
  'NZ Post': ({ nzPost: { credentials, options, baseUrl, control } }) => ({
    strategy: nzPost(credentials, options),
    baseUrl,
    counters: control.counters,
    revoke: control.revoke,
  }),
  'Sendcloud with Basic': ({ sendcloud: { credentials, options, baseUrl, control } }) => {
    control.setIntegration({ useOAuth2: false })
    return { strategy: sendcloud(credentials, { ...options, mode: 'basic' }), baseUrl, counters: control.counters }
  },
  'Sendcloud with OAuth 2.0': ({ sendcloud: { credentials, options, baseUrl, control } }) => {
    control.setIntegration({ useOAuth2: true })
    return {
      strategy: sendcloud(credentials, { ...options, mode: 'oauth2' }),
      baseUrl,
      counters: control.counters,
      revoke: control.revoke,
    }
  },
  machineToMachine: ({ machineToMachine: { credentials, options, baseUrl, control } }) => ({
    strategy: machineToMachine(credentials, options),
    baseUrl,
    counters: control.counters,
    revoke: control.revoke,
  }),
}

/** The real thing: each carrier of the sandbox, token endpoint and all. */
export function carriers(b: Bench, adapter: ClientUnderTest): void {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox()
  })
  afterAll(() => sandbox.close())

  for (const [name, account] of Object.entries(ACCOUNTS)) {
    b.it(`${name}: 20 calls at once, one token request, and one more after the tokens were revoked`, async () => {
      const { strategy, baseUrl, counters, revoke } = account(sandbox)
      const client = adapter.create(strategy, {})
      const before = { ...counters }
      const round = () =>
        Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            client.send({ url: `${baseUrl}/echo`, method: 'POST', json: { parcel: i } }),
          ),
        )
      const expected = Array.from({ length: 20 }, (_, i) => ({ status: 200, body: JSON.stringify({ parcel: i }) }))

      expect(await round()).toEqual(expected)
      expect(counters.tokenRequests - before.tokenRequests).toBe(revoke === undefined ? 0 : 1)
      expect(counters.apiRejections).toBe(before.apiRejections)
      if (revoke === undefined) return
      revoke()
      expect(await round()).toEqual(expected)
      expect(counters.tokenRequests - before.tokenRequests).toBe(2)
    })

    b.it(`${name}: a redirect within the API is followed, authenticated, and one elsewhere bare`, async () => {
      const { strategy, baseUrl } = account(sandbox)
      const client = adapter.create(strategy, {})
      const redirect = (to: string) =>
        client.send({ url: `${baseUrl}/redirect?status=302&to=${encodeURIComponent(to)}` })
      expect((await redirect(`${baseUrl}/echo`)).status).toBe(200)
      expect((await redirect(`${b.elsewhere.origin}/label.pdf`)).status).toBe(200)
      const { headers, path, certificate } = b.elsewhere.received[0] ?? {}
      expect([headers?.authorization, headers?.['x-api-key'], path, certificate]).toEqual([
        undefined,
        undefined,
        '/label.pdf',
        undefined,
      ])
    })
  }
}
