import type { Strategy } from '@auth/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAccountName, isSecretPlace } from '../src/control/secret-places.ts'
import { type ServedSandbox, serveSandbox } from '../src/index.ts'
import { CARRIER_IDS } from '../src/registry.ts'
import type { AnySimulator } from '../src/simulator.ts'
import { type Reply, type RequestOptions, request } from './support/request.ts'

let served: ServedSandbox
beforeAll(async () => {
  served = await serveSandbox({ carriers: [...CARRIER_IDS] })
})
afterAll(() => served.close())

const hex = (text: string): string => Buffer.from(text).toString('hex')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const percent = (text: string): string => hex(text).replace(/../g, '%$&')
const unicode = (text: string): string =>
  Array.from(text, (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`).join('')

/** A secret in the forms in which a program might send it. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'url-encoded': encodeURIComponent,
  'url-encoded twice': (secret) => encodeURIComponent(percent(secret)),
  'each character url-encoded': percent,
  'each character url-encoded, lower case': (secret) => percent(secret).toLowerCase(),
  'form-encoded': (secret) => new URLSearchParams([['x', secret]]).toString().slice(2),
  'as a JSON string': (secret) => JSON.stringify(secret),
  'escaped in JSON': unicode,
  'in XML': (secret) => `<a>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</a>`,
  'in Base64': base64,
  'in Base64 without padding': (secret) => base64(secret).replaceAll('=', ''),
  'in base64url': (secret) => Buffer.from(secret).toString('base64url'),
  'in Base64, behind a name': (secret) => base64(`some-name:${secret}`),
  'in Base64, before something else': (secret) => base64(`${secret}:x\n`),
  'in Base64 within a path': (secret) => `/a/${base64(secret)}/b`,
  'in Base64, url-encoded': (secret) => encodeURIComponent(base64(`${secret}?`)),
  'as hex': hex,
  'as hex, upper case': (secret) => hex(secret).toUpperCase(),
}

function secretsOf({ credentials }: AnySimulator): string[] {
  return Object.entries(credentials).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= 6 && !isAccountName(name) ? [value] : [],
  )
}

/** All that the control interface shows of a carrier's requests. */
async function shown(id: string): Promise<string> {
  const response = await fetch(`${served.controlUrl}/carriers/${id}/requests`)
  return response.text()
}

function leaks(text: string, secret: string): string[] {
  const parts = [secret, encodeURIComponent(secret), percent(secret), hex(secret), unicode(secret)]
  return [...parts, base64(secret).replace(/.{0,2}=*$/, '')].filter((form) =>
    text.toLowerCase().includes(form.toLowerCase()),
  )
}

describe.each(CARRIER_IDS)('%s', (id) => {
  const simulator = (): AnySimulator => served.simulators.find((one) => one.id === id) as AnySimulator
  const send = (url: string, options: RequestOptions): Promise<Reply | undefined> => {
    const { tls } = simulator().credentials as { tls?: { cert: string; key: string } }
    return request(url, { ca: served.sandbox.authority.certificate, ...tls, ...options }).catch(() => undefined)
  }

  test('shows no credential of its own strategy', async () => {
    const { baseUrl } = simulator()
    const all = served.sandbox as unknown as Record<string, { id?: string; strategy(): unknown } | undefined>
    const own = Object.values(all).find((one) => one?.id === id) as { strategy(): Strategy }
    const url = `${baseUrl}/echo`
    const { headers = {}, query = {} } = await own.strategy().authorize({ url, method: 'GET', headers: {} })
    await send(`${url}?${new URLSearchParams(query)}`, { headers })
    const text = await shown(id)
    expect(JSON.parse(text).requests.length).toBeGreaterThan(0)
    const attached = Object.entries({ ...headers, ...query }).filter(([name]) => isSecretPlace(name, id))
    const values = attached.map(([, value]) => value.replace(/^(?:Basic|Bearer) /, ''))
    for (const secret of [...secretsOf(simulator()), ...values]) expect(leaks(text, secret)).toEqual([])
  })

  test('shows no secret that was sent where none belongs, in any form', async () => {
    const { baseUrl, options } = simulator()
    const endpoint = String(Reflect.get(options, 'tokenEndpoint') ?? baseUrl)
    for (const secret of secretsOf(simulator())) {
      for (const form of Object.values(FORMS)) {
        const sent = form(secret)
        await send(`${baseUrl}/p/${sent.replace(/[^\w%/=-]/g, percent)}?q=${encodeURIComponent(sent)}`, {
          headers: { 'x-note': sent.replace(/\n/g, '') },
        })
        await send(endpoint, { method: 'POST', body: `note=${sent}`, headers: { 'content-type': 'text/plain' } })
      }
    }
    const text = await shown(id)
    for (const secret of secretsOf(simulator())) expect(leaks(text, secret)).toEqual([])
  })
})

describe('what no account has', () => {
  const SECRET = 'never+issued/by&anyone=%41'
  const post = (body: string, type: string) =>
    request(served.sandbox.nzPost.options.tokenEndpoint, {
      method: 'POST',
      ca: served.sandbox.authority.certificate,
      body,
      headers: { 'content-type': type },
    })

  test.each<[string, string, string]>([
    ['a form', `client_secret=${encodeURIComponent(SECRET)}`, 'application/x-www-form-urlencoded'],
    ['JSON', JSON.stringify({ a: [{ client_secret: SECRET }] }), 'application/json'],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ password: SECRET }) }), 'application/json'],
    [
      'multipart',
      `--x\r\nContent-Disposition: form-data; name="client_secret"\r\nContent-Type: text/plain\r\n\r\n${SECRET}\r\n--x--`,
      'multipart/form-data; boundary=x',
    ],
    ['XML', `<login><password>${SECRET}</password></login>`, 'text/xml'],
  ])('is masked by its name in %s', async (_, body, type) => {
    await post(body, type)
    const { requests } = JSON.parse(await shown('nz-post'))
    expect(leaks(JSON.stringify(requests), SECRET)).toEqual([])
    expect(requests.at(-1).body).toContain('[sha256:')
  })

  test('is masked in the places that a carrier has for its secrets', async () => {
    const { options } = served.sandbox.dpdMeta
    await request(String(options.tokenEndpoint), {
      method: 'POST',
      ca: served.sandbox.authority.certificate,
      headers: { 'x-dpd-login': 'me', 'x-dpd-password': SECRET },
    })
    expect(leaks(await shown('dpd-meta'), SECRET)).toEqual([])
  })

  test('is masked in JSON that is nested too deeply to be read', async () => {
    await post('['.repeat(50_000), 'application/json')
    expect(JSON.parse(await shown('nz-post')).requests.at(-1).body).toHaveLength(50_000)
  })
})

test('masks as fast for ten thousand accounts as for one', async () => {
  for (let i = 0; i < 10_000; i++) served.log.keepSecret({ apiKey: `secret-number-${i}-${'x'.repeat(i % 7)}` })
  const [before, started] = [served.sandbox.posti.control.counters.apiCalls, performance.now()]
  for (let i = 0; i < 20; i++) {
    await request(`${served.sandbox.posti.baseUrl}/a?note=secret-number-${i}-`, {
      ca: served.sandbox.authority.certificate,
    })
  }
  expect(served.sandbox.posti.control.counters.apiCalls - before).toBe(20)
  expect(performance.now() - started).toBeLessThan(20_000)
})
