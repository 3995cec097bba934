import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { Call, Limit } from '../client.ts'
import { accepts } from './replay.ts'

interface ChangingBody {
  readonly name: string
  /** A body that says "first", and what makes it say "other". */
  make(): { readonly call: Pick<Call, 'body' | 'json' | 'headers'>; change(): void }
}

const OCTETS = { 'content-type': 'application/octet-stream' }

const KINDS: readonly ChangingBody[] = [
  {
    name: 'JSON',
    make() {
      const json = { shipment: 'first' }
      return {
        call: { json },
        change: () => {
          json.shipment = 'other'
        },
      }
    },
  },
  {
    name: 'FormData',
    make() {
      const body = new FormData()
      body.set('shipment', 'first')
      return { call: { body }, change: () => body.set('shipment', 'other') }
    },
  },
  {
    name: 'URLSearchParams',
    make() {
      const body = new URLSearchParams({ shipment: 'first' })
      return { call: { body }, change: () => body.set('shipment', 'other') }
    },
  },
  {
    name: 'Buffer',
    make() {
      const body = Buffer.from('first')
      return { call: { body, headers: OCTETS }, change: () => body.write('other') }
    },
  },
  {
    name: 'Uint8Array',
    make() {
      const body = new TextEncoder().encode('first')
      return { call: { body, headers: OCTETS }, change: () => body.set(new TextEncoder().encode('other')) }
    },
  },
  {
    name: 'ArrayBuffer',
    make() {
      const bytes = new TextEncoder().encode('first')
      const change = (): void => bytes.set(new TextEncoder().encode('other'))
      return { call: { body: bytes.buffer, headers: OCTETS }, change }
    },
  },
]

/** The body that is sent is the one of the call, whatever becomes of the object meanwhile. */
export function bodyAtCall(b: Bench): void {
  for (const { name, make } of KINDS) {
    const limit: Limit = b.limited('body-at-call') ? 'body-at-call' : `body: ${name}`

    const expectFirst = (requests: number): void => {
      expect(b.api.received).toHaveLength(requests)
      for (const { body } of b.api.received) {
        expect(`${body}`).toContain('first')
        expect(`${body}`).not.toContain('other')
      }
    }

    b.it(
      `is sent as it was when the call was made, though the token had to be waited for: ${name}`,
      async () => {
        const release = b.tokens.hold()
        const { call, change } = make()
        const pending = b.client().send({ url: b.api.origin, method: 'POST', ...call })
        change()
        release()
        expect((await pending).status).toBe(200)
        expectFirst(1)
      },
      limit,
    )

    b.it(
      `is sent as it was when the call was made, in a loop that makes the next one of it: ${name}`,
      async () => {
        const client = b.client()
        const { call, change } = make()
        const pending = client.send({ url: b.api.origin, method: 'POST', ...call })
        change()
        await pending
        expectFirst(1)
      },
      limit,
    )

    b.it(
      `is replayed as it was when the call was made: ${name}`,
      async () => {
        b.tokens.next = 'second-token-0002'
        const { call, change } = make()
        const welcome = accepts(b.tokens.next)
        b.api.onRequest((request) => {
          change()
          return welcome(request)
        })
        expect((await b.client().send({ url: b.api.origin, method: 'POST', ...call })).status).toBe(200)
        expectFirst(2)
      },
      limit,
    )

    for (const status of [307, 308]) {
      b.it(
        `is sent on by a ${status} as it was when the call was made: ${name}`,
        async () => {
          const { call, change } = make()
          b.api.onRequest(({ path }) => {
            change()
            return path.startsWith('/to') ? {} : { status, headers: { location: '/to' } }
          })
          const answer = await b.client().send({ url: `${b.api.origin}/from`, method: 'POST', ...call })
          expect(answer.status).toBe(200)
          expectFirst(2)
        },
        limit,
      )
    }

    b.it(
      `is sent as it was when the call was made, where nothing is attached: ${name}`,
      async () => {
        const { call, change } = make()
        const pending = b.client().send({ url: b.elsewhere.origin, method: 'POST', ...call })
        change()
        await pending
        expect(b.elsewhere.received).toHaveLength(1)
        expect(`${b.elsewhere.received[0]?.body}`).not.toContain('other')
      },
      limit,
    )
  }
}
