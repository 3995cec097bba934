import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import {
  type Decision,
  easypostSignature,
  guard,
  inboundRequest,
  type SignatureOptions,
  sendcloudSignature,
  shippoSignature,
  signature,
} from '@auth/core/verify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { manualClock } from '../support/clock.ts'

const SECRET = 'webhook-secret'
const BODY = '{"parcel":{"id":7},"name":"J\u00f8rn"}'
const hmac = (data: string | Buffer, secret = SECRET, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHmac('sha256', secret).update(data).digest(encoding)
const post = (headers: Record<string, string>, body: string | Buffer = BODY): Request =>
  new Request('https://api.example/hooks', { method: 'POST', headers, body: body as never })
const plain = (options: Partial<SignatureOptions> = {}) =>
  signature({ header: 'x-signature', secrets: SECRET, party: 'carrier', ...options })
const ask = (options: Partial<SignatureOptions>, headers: Record<string, string>, body: string | Buffer = BODY) =>
  guard(plain(options))(inboundRequest(post(headers, body)))

describe('a signature over the body', () => {
  test('names the sender, and leaves the body to be read', async () => {
    const request = post({ 'x-signature': hmac(BODY) })
    expect(await plain().decide(inboundRequest(request))).toMatchObject({
      outcome: 'authenticated',
      identity: { party: 'carrier' },
    })
    expect(await request.text()).toBe(BODY)
  })

  test.each<[string, Partial<SignatureOptions>, Record<string, string>, string]>([
    ['base64', { encoding: 'base64' }, { 'x-signature': hmac(BODY, SECRET, 'base64') }, 'authenticated'],
    ['a prefix', { prefix: 'sha256=' }, { 'x-signature': `sha256=${hmac(BODY)}` }, 'authenticated'],
    ['capital hex digits', {}, { 'x-signature': hmac(BODY).toUpperCase() }, 'authenticated'],
    [
      'the old secret while it is rotated',
      { secrets: ['new', async () => SECRET] },
      { 'x-signature': hmac(BODY) },
      'authenticated',
    ],
    ['another secret', {}, { 'x-signature': hmac(BODY, 'other') }, 'invalid'],
    ['another body', {}, { 'x-signature': hmac(`${BODY} `) }, 'invalid'],
    ['no signature', {}, {}, 'missing'],
    ['an empty signature', {}, { 'x-signature': '' }, 'missing'],
    ['no prefix where one is due', { prefix: 'sha256=' }, { 'x-signature': hmac(BODY) }, 'invalid'],
    ['a truncated signature', {}, { 'x-signature': hmac(BODY).slice(0, 62) }, 'invalid'],
    ['two signatures', {}, { 'x-signature': `${hmac(BODY)}, ${hmac(BODY)}` }, 'bad_request'],
    ['a body that is too long', { limit: 10 }, { 'x-signature': hmac(BODY) }, 'too_large'],
    [
      'a vault that is down',
      { secrets: () => Promise.reject(new Error('x')) },
      { 'x-signature': hmac(BODY) },
      'undecided',
    ],
    ['a vault that has nothing', { secrets: () => '' }, { 'x-signature': hmac(BODY, 'x') }, 'undecided'],
  ])('%s', async (_name, options, headers, outcome) => {
    expect((await ask(options, headers)).outcome).toBe(outcome)
  })

  test('the same delivery may come again where there is no timestamp, unless it is refused', async () => {
    const again = async (policy: ReturnType<typeof plain>) => {
      const outcomes = []
      for (let i = 0; i < 2; i++)
        outcomes.push((await policy.decide(inboundRequest(post({ 'x-signature': hmac(BODY) })))).outcome)
      return outcomes
    }
    expect(await again(plain())).toEqual(['authenticated', 'authenticated'])
    expect(await again(plain({ replay: 'refuse' }))).toEqual(['authenticated', 'invalid'])
    const failing = { add: () => Promise.reject(new Error('redis')) }
    expect(await again(plain({ replay: 'refuse', replayStore: failing }))).toEqual(['undecided', 'undecided'])
  })
})

describe('a signature with a timestamp', () => {
  const clock = manualClock()
  const at = (seconds: number): string => String(Math.floor(clock.now() / 1000) + seconds)
  const stripe = (t: string, ...v1: string[]) => ({
    'shippo-auth-signature': [`t=${t}`, ...v1.map((v) => `v1=${v}`)].join(','),
  })
  const shippo = () => signature({ ...shippoSignature, secrets: SECRET, party: 'shippo', clock })
  const outcome = async (policy: ReturnType<typeof plain>, headers: Record<string, string>): Promise<Decision> =>
    policy.decide(inboundRequest(post(headers)))

  test('is accepted within the tolerance, and once', async () => {
    const policy = shippo()
    const headers = stripe(at(0), hmac(`${at(0)}.${BODY}`))
    expect(await outcome(policy, headers)).toMatchObject({ outcome: 'authenticated', identity: { party: 'shippo' } })
    expect(await outcome(policy, headers)).toMatchObject({ outcome: 'invalid', reports: [{ reason: 'replayed' }] })
    const spelled = stripe(at(0), hmac('x'), hmac(`${at(0)}.${BODY}`).toUpperCase())
    expect(await outcome(policy, spelled)).toMatchObject({ outcome: 'invalid', reports: [{ reason: 'replayed' }] })
  })

  test.each<[string, () => Record<string, string>, string]>([
    ['too old', () => stripe(at(-301), hmac(`${at(-301)}.${BODY}`)), 'expired'],
    ['too young', () => stripe(at(301), hmac(`${at(301)}.${BODY}`)), 'not_yet_valid'],
    ['a newer timestamp on an old signature', () => stripe(at(0), hmac(`${at(-400)}.${BODY}`)), 'signature'],
    [
      'two timestamps',
      () => ({ 'shippo-auth-signature': `t=${at(0)},t=${at(-400)},v1=${hmac(`${at(-400)}.${BODY}`)}` }),
      'malformed',
    ],
    ['no timestamp', () => ({ 'shippo-auth-signature': `v1=${hmac(BODY)}` }), 'malformed'],
    ['no time', () => stripe('1e9', hmac(`1e9.${BODY}`)), 'malformed'],
    ['no signature', () => ({ 'shippo-auth-signature': `t=${at(0)}` }), 'malformed'],
    ['a hundred signatures', () => stripe(at(0), ...Array<string>(100).fill(hmac(`${at(0)}.${BODY}`))), 'malformed'],
    ['over the body alone', () => stripe(at(0), hmac(BODY)), 'signature'],
  ])('%s is refused', async (_name, headers, reason) => {
    const decision = await outcome(shippo(), headers())
    expect(decision.outcome).not.toBe('authenticated')
    expect(decision.reports[0]?.reason).toBe(reason)
  })

  test('may come in a header of its own, in ms', async () => {
    const policy = plain({ timestampHeader: 'x-timestamp', clock })
    const ms = String(clock.now())
    expect(await outcome(policy, { 'x-timestamp': ms, 'x-signature': hmac(`${ms}.${BODY}`) })).toMatchObject({
      outcome: 'authenticated',
    })
    expect(await outcome(policy, { 'x-signature': hmac(`${ms}.${BODY}`) })).toMatchObject({ outcome: 'bad_request' })
  })
})

describe('carriers', () => {
  test('Sendcloud, with the example of its page', async () => {
    const policy = signature({ ...sendcloudSignature, secrets: 'secretkey', party: 'sendcloud' })
    const documented = '1eed4b3d41f4653ac64fd56f1bf1cbfd349e4482cbc11dff7134bd93e5da4b0a'
    const request = post({ 'Sendcloud-Signature': documented }, '{"key": "value"}')
    expect(await policy.decide(inboundRequest(request))).toMatchObject({ outcome: 'authenticated' })
  })

  test('EasyPost, whose secret is normalised', async () => {
    const secret = 's\u00e9cret'
    const policy = signature({ ...easypostSignature, secrets: secret, party: 'easypost' })
    const value = `hmac-sha256-hex=${hmac(BODY, secret.normalize('NFKD'))}`
    expect(await policy.decide(inboundRequest(post({ 'X-Hmac-Signature': value })))).toMatchObject({
      outcome: 'authenticated',
    })
  })
})

describe('on a Node server', () => {
  async function serve(before: (message: IncomingMessage) => Promise<void> = async () => {}, limit?: number) {
    const reports: unknown[] = []
    const bodies: string[] = []
    const decide = guard(plain(limit === undefined ? {} : { limit }), {
      onDecision: ({ layers }) => void reports.push(layers[0]),
    })
    const server = createServer(async (request, response) => {
      await before(request)
      const verdict = await decide(inboundRequest(request))
      if (verdict.pass) {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          bodies.push(String(Buffer.concat(chunks)))
          response.end('ok')
        })
      } else
        response.writeHead(verdict.outcome === 'undecided' ? 503 : verdict.outcome === 'too_large' ? 413 : 401).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    return { port, url: `http://127.0.0.1:${port}/`, reports, bodies }
  }
  const big = JSON.stringify({ text: 'x'.repeat(300_000) })
  const signed = (body: string, further: RequestInit = {}): RequestInit => ({
    method: 'POST',
    headers: { 'x-signature': hmac(body) },
    body,
    ...further,
  })

  test.each([
    ['a short body', BODY],
    ['a long body', big],
  ])('%s is read and put back whole', async (_name, body) => {
    const { url, bodies } = await serve()
    expect((await fetch(url, signed(body))).status).toBe(200)
    expect(bodies).toEqual([body])
  })

  test('a chunked body is read and put back whole', async () => {
    const { url, bodies } = await serve()
    async function* chunks() {
      for (let at = 0; at < big.length; at += 7000) {
        yield Buffer.from(big.slice(at, at + 7000))
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const init = signed(big, { body: ReadableStream.from(chunks()) as never, duplex: 'half' } as RequestInit)
    expect((await fetch(url, init)).status).toBe(200)
    expect(bodies).toEqual([big])
  })

  test('no body at all is signed as an empty one', async () => {
    const { url, bodies } = await serve()
    expect((await fetch(url, signed('', { body: null }))).status).toBe(200)
    expect(bodies).toEqual([''])
  })

  test('a body that was parsed too early is 503 and says so; kept bytes are taken', async () => {
    const drain = async (message: IncomingMessage): Promise<Buffer> => {
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    }
    const parsed = await serve(async (message) => void (await drain(message)))
    expect((await fetch(parsed.url, signed(BODY))).status).toBe(503)
    expect(parsed.reports).toMatchObject([{ reason: 'body_consumed', detail: expect.stringContaining('body parsers') }])
    const kept = await serve(async (message) => void Object.assign(message, { rawBody: await drain(message) }))
    await fetch(kept.url, { ...signed(BODY), signal: AbortSignal.timeout(300) }).catch(() => {})
    expect(kept.reports).toMatchObject([{ outcome: 'authenticated' }])
  })

  test('a body beyond the limit is 413, whether it says its length or not', async () => {
    const { port } = await serve(undefined, 10)
    for (const framing of ['Content-Length: 40', 'Transfer-Encoding: chunked']) {
      const answer = await new Promise<string>((resolve, reject) => {
        const body = framing.includes('chunked') ? `28\r\n${'x'.repeat(40)}\r\n0\r\n\r\n` : 'x'.repeat(40)
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(
            `POST / HTTP/1.1\r\nHost: h\r\nX-Signature: ${hmac('x')}\r\nConnection: close\r\n${framing}\r\n\r\n${body}`,
          ),
        )
        socket.once('data', (data) => {
          resolve(String(data))
          socket.destroy()
        })
        socket.on('error', reject)
      })
      expect(answer, framing).toMatch(/^HTTP\/1.1 413/)
    }
  })

  test('a client that leaves in the middle ends nothing', async () => {
    const { port, reports } = await serve()
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`POST / HTTP/1.1\r\nHost: h\r\nX-Signature: ${hmac('x')}\r\nContent-Length: 40\r\n\r\nxxx`),
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    for (let i = 0; i < 100 && reports.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(reports).toMatchObject([{ outcome: 'undecided' }])
  })
})

describe('options', () => {
  test.each<[string, object]>([
    ['secrets', { secrets: [] }],
    ['secrets', { secrets: '' }],
    ['secrets', { secrets: undefined }],
    ['header', { header: 'a b' }],
    ['encoding', { encoding: 'utf8' }],
    ['party', { party: '' }],
    ['timestampHeader', { timestampHeader: 'x-t', parameters: { timestamp: 't', signature: 'v1' } }],
    ['parameters.signature', { parameters: { timestamp: 't' } }],
    ['tolerence', { tolerence: 1 }],
    ['replayStore', { replayStore: {} }],
  ])('a wrong %s is refused', (option, options) => {
    expect(() => plain(options as never)).toThrow(expect.objectContaining({ option }))
  })
})
