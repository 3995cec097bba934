import type { Strategy } from '@auth/core'
import { type CarrierId, carriers as everyCarrier } from '@auth/core/carriers'
import { type CarrierProperty, type Counters, type Sandbox, type SimulatorSettings, startSandbox } from '@auth/sandbox'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { ClientUnderTest } from '../client.ts'

interface Account {
  readonly strategy: Strategy
  readonly baseUrl: string
  readonly counters: Readonly<Counters>
  /** Takes the token back, where there is one. */
  readonly revoke: (() => void) | undefined
}

interface Case {
  readonly name: string
  /** Whether a simulator of its own redirects; those that are made from a description echo whatever they are asked. */
  readonly redirects: boolean
  open(sandbox: Sandbox<CarrierId>): Account
}

const DOCUMENTED = ['easypost-connect', 'posti', 'nz-post', 'sendcloud', 'machine-to-machine']

/** Every carrier that exists; Sendcloud in both of its modes. */
const CASES: readonly Case[] = everyCarrier.flatMap(({ id, name, title, about }): Case[] => {
  const redirects = DOCUMENTED.includes(id)
  const open = (sandbox: Sandbox<CarrierId>, issues: boolean, own = {}): Account => {
    const { baseUrl, control, strategy } = sandbox[name as CarrierProperty]
    return {
      strategy: strategy(own),
      baseUrl,
      counters: control.counters,
      revoke: issues ? () => control.revoke() : undefined,
    }
  }
  if (id !== 'sendcloud')
    return [{ name: title, redirects, open: (sandbox) => open(sandbox, about.token !== undefined) }]
  return (['basic', 'oauth2'] as const).map((mode) => ({
    name: `${title} (${mode})`,
    redirects,
    open(sandbox) {
      sandbox.sendcloud.control.setIntegration({ useOAuth2: mode === 'oauth2' })
      return open(sandbox, mode === 'oauth2', { mode })
    },
  }))
})

// 20 calls at once are above what some APIs take in a second, which is not what these cases are about.
const UNLIMITED: SimulatorSettings = Object.fromEntries(
  everyCarrier.filter(({ id }) => !DOCUMENTED.includes(id)).map(({ name }) => [name, { quotas: false }]),
)

/** The real thing: each carrier of the sandbox, token endpoint and all. */
export function carriers(b: Bench, adapter: ClientUnderTest): void {
  let sandbox: Sandbox<CarrierId>
  beforeAll(async () => {
    sandbox = await startSandbox({ ...UNLIMITED, carriers: everyCarrier.map(({ id }) => id as CarrierId) })
  })
  afterAll(() => sandbox.close())

  for (const { name, redirects, open } of CASES) {
    b.it(`${name}: 20 calls at once, one token request, and one more after the tokens were revoked`, async () => {
      const { strategy, baseUrl, counters, revoke } = open(sandbox)
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

    if (!redirects) continue
    b.it(`${name}: a redirect within the API is followed, authenticated, and one elsewhere bare`, async () => {
      const { strategy, baseUrl } = open(sandbox)
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
