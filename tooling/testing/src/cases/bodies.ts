import { Readable } from 'node:stream'
import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import type { Call, Limit } from '../client.ts'
import type { Received } from '../server.ts'
import { accepts } from './replay.ts'

interface BodyKind {
  readonly name: string
  make(): Pick<Call, 'body' | 'json' | 'headers'>
  /** What has to arrive; of a form, whose boundary the client makes up, the fields, in the bytes of the first time. */
  readonly bytes: string | Buffer | 'form'
  readonly contentType?: RegExp
  /** Used up by sending: it may be handed over as the 401 it was, but never sent again incomplete. */
  readonly oneShot?: boolean
}

const TEXT = 'päckchen ✓ <a&b>'
const BINARY = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
const OCTETS = { 'content-type': 'application/octet-stream' }

const KINDS: readonly BodyKind[] = [
  {
    name: 'JSON',
    make: () => ({ json: { name: TEXT, parcels: [1, 2] } }),
    bytes: JSON.stringify({ name: TEXT, parcels: [1, 2] }),
    contentType: /^application\/json/,
  },
  { name: 'string', make: () => ({ body: TEXT, headers: { 'content-type': 'text/plain' } }), bytes: TEXT },
  { name: 'empty string', make: () => ({ body: '', headers: { 'content-type': 'text/plain' } }), bytes: '' },
  {
    name: 'URLSearchParams',
    make: () => ({ body: new URLSearchParams({ name: TEXT, b: 'c d' }) }),
    bytes: new URLSearchParams({ name: TEXT, b: 'c d' }).toString(),
    contentType: /^application\/x-www-form-urlencoded/,
  },
  { name: 'Buffer', make: () => ({ body: BINARY, headers: OCTETS }), bytes: BINARY },
  { name: 'Uint8Array', make: () => ({ body: new Uint8Array(BINARY), headers: OCTETS }), bytes: BINARY },
  {
    name: 'Blob',
    make: () => ({ body: new Blob([BINARY], { type: 'application/pdf' }) }),
    bytes: BINARY,
    contentType: /^application\/pdf/,
  },
  { name: 'FormData', make: () => ({ body: formData() }), bytes: 'form', contentType: /^multipart\/form-data/ },
  {
    name: 'Node stream',
    make: () => ({ body: Readable.from([BINARY.subarray(0, 10), BINARY.subarray(10)]), headers: OCTETS }),
    bytes: BINARY,
    oneShot: true,
  },
  {
    name: 'ReadableStream',
    make: () => ({ body: new Blob([BINARY]).stream(), headers: OCTETS }),
    bytes: BINARY,
    oneShot: true,
  },
  {
    name: 'async generator',
    make: () => ({
      body: (async function* () {
        yield BINARY.subarray(0, 10)
        yield BINARY.subarray(10)
      })(),
      headers: OCTETS,
    }),
    bytes: BINARY,
    oneShot: true,
  },
]

/** Bodies arrive whole, the first time and the second. */
export function bodies(b: Bench): void {
  for (const kind of KINDS) {
    const limit: Limit = `body: ${kind.name}`
    const call = (): Call => ({ url: b.api.origin, method: 'POST', ...kind.make() })

    b.it(
      `sends a body: ${kind.name}`,
      async () => {
        expect((await b.client().send(call())).status).toBe(200)
        expect(b.api.received).toHaveLength(1)
        await expectWhole(b, kind, b.api.received[0])
        expect(b.api.received[0]?.headers.authorization).toBe('Bearer first-token-0001')
      },
      limit,
    )

    b.it(
      `sends the same body again after a 401${kind.oneShot ? ', or not at all' : ''}: ${kind.name}`,
      async () => {
        b.tokens.next = 'second-token-0002'
        b.api.onRequest(accepts(b.tokens.next))
        const answer = await b.client().send(call())
        for (const request of b.api.received) await expectWhole(b, kind, request)
        if (kind.oneShot && b.api.received.length === 1) {
          expect(answer).toEqual({ status: 401, body: 'refused' })
        } else {
          expect(answer).toEqual({ status: 200, body: 'welcome' })
          expect(b.api.received).toHaveLength(2)
        }
      },
      limit,
    )

    b.it(
      `has another token for the next request after a 401, sent again or not: ${kind.name}`,
      async () => {
        b.tokens.next = 'second-token-0002'
        b.api.onRequest(accepts(b.tokens.next))
        const client = b.client()
        await client.send(call())
        expect(await client.send(call())).toEqual({ status: 200, body: 'welcome' })
        expect(b.tokens.refused).toEqual(['first-token-0001'])
      },
      limit,
    )

    b.it(
      `sends the same body again for the client's own retry: ${kind.name}`,
      async () => {
        if (kind.oneShot) return
        b.api.onRequest(() => (b.api.received.length > 1 ? {} : { status: 503, headers: { 'retry-after': '0' } }))
        const answer = await b.client(undefined, { retries: 1 }).sendOrThrow({ ...call(), method: 'PUT' })
        expect(answer.status).toBe(200)
        expect(b.api.received).toHaveLength(2)
        for (const request of b.api.received) await expectWhole(b, kind, request)
      },
      b.limited(limit) ? limit : 'retries',
    )

    b.it(
      `keeps the body on a 307 within the origin: ${kind.name}`,
      async () => {
        b.api.onRequest(({ path }) =>
          path.startsWith('/moved') ? {} : { status: 307, headers: { location: '/moved' } },
        )
        const client = b.client()
        if (kind.oneShot) {
          const outcome = await client.send(call()).catch(() => 'refused')
          if (outcome === 'refused') expect(b.api.received).toHaveLength(1)
        } else {
          expect((await client.send(call())).status).toBe(200)
          expect(b.api.received).toHaveLength(2)
        }
        for (const request of b.api.received) await expectWhole(b, kind, request)
        expect(b.api.received.at(-1)?.headers.authorization).toBe('Bearer first-token-0001')
      },
      limit,
    )
  }

  b.it('sends a large body again, whole', async () => {
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(accepts(b.tokens.next))
    const big = Buffer.alloc(4_000_000, 'x')
    const answer = await b.client().send({ url: b.api.origin, method: 'POST', body: big, headers: OCTETS })
    expect(answer.status).toBe(200)
    expect(b.api.received.map(({ body }) => body.length)).toEqual([big.length, big.length])
  })

  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    b.it(`replays ${method}`, async () => {
      b.tokens.next = 'second-token-0002'
      b.api.onRequest(accepts(b.tokens.next))
      const withBody = !['GET', 'HEAD'].includes(method) && { json: { method } }
      expect((await b.client().send({ url: b.api.origin, method, ...withBody })).status).toBe(200)
      expect(b.api.received.map((request) => request.method)).toEqual([method, method])
      if (withBody) expect(b.api.received.map(({ body }) => JSON.parse(`${body}`))).toEqual([{ method }, { method }])
    })
  }
}

function formData(): FormData {
  const form = new FormData()
  form.set('name', TEXT)
  form.set('label', new Blob([BINARY], { type: 'application/pdf' }), 'label.pdf')
  return form
}

async function expectWhole(b: Bench, kind: BodyKind, request: Received | undefined): Promise<void> {
  const { headers, body } = request as Received
  if (kind.contentType !== undefined) expect(headers['content-type']).toMatch(kind.contentType)
  // Not every server takes a body of unknown length.
  if (!kind.oneShot) expect(headers).toHaveProperty('content-length')
  if (headers['content-length'] !== undefined) expect(Number(headers['content-length'])).toBe(body.length)
  if (kind.bytes !== 'form') {
    expect(Buffer.from(kind.bytes).equals(body), `${body.length} bytes arrived`).toBe(true)
    return
  }
  const contentType = headers['content-type'] as string
  const [first] = b.api.received as readonly Received[]
  expect(contentType).toBe(first?.headers['content-type'])
  expect(body.equals(first?.body as Buffer), 'the same bytes as the first time').toBe(true)
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
  expect(form.get('name')).toBe(TEXT)
  const label = form.get('label') as File
  expect([label.name, label.type]).toEqual(['label.pdf', 'application/pdf'])
  expect(Buffer.from(await label.arrayBuffer()).equals(BINARY)).toBe(true)
}
