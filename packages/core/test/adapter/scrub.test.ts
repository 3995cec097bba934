import http from 'node:http'
import { inspect } from 'node:util'
import { redactError } from '@auth/core/adapter'
import { describe, expect, test } from 'vitest'

const TOKEN = 'token-that-nobody-may-see'
const KEY = 'key/that+nobody=may see'
const attached = {
  headers: { authorization: `Bearer ${TOKEN}`, 'x-api-key': 'another-key' },
  query: { 'api-key': KEY },
}
const url = `https://api.example/a?page=1&api-key=${encodeURIComponent(KEY)}&b=2`

function scrubbed<T>(error: T): T {
  redactError(error, attached)
  const shown = `${inspect(error, { depth: 10 })} ${JSON.stringify(error)}`
  for (const secret of [TOKEN, 'another-key', KEY, encodeURIComponent(KEY)]) expect(shown).not.toContain(secret)
  return error
}

describe('scrub', () => {
  test('removes header fields from the configuration, whatever their case, and keeps the others', () => {
    const config = { headers: { Authorization: `Bearer ${TOKEN}`, 'X-API-Key': 'another-key', accept: '*/*' } }
    const error = scrubbed(Object.assign(new Error('failed'), { config }))
    expect(error.config.headers).toEqual({ accept: '*/*' })
    // It may be the application's.
    expect(config.headers).toHaveProperty('Authorization')
  })

  test("leaves the caller's own value of the same field", () => {
    const { config } = scrubbed(
      Object.assign(new Error('failed'), { config: { headers: { authorization: 'Bearer mine' } } }),
    )
    expect(config.headers.authorization).toBe('Bearer mine')
  })

  test('removes the query parameter from URLs, and nothing else of them', () => {
    const error = scrubbed(Object.assign(new Error(`GET ${url} failed`), { url, at: new URL(url) }))
    expect(error.url).toBe('https://api.example/a?page=1&b=2')
    expect(error.at.href).toBe('https://api.example/a?page=1&b=2')
    expect(error.message).toBe('GET https://api.example/a?page=1&b=2 failed')
  })

  test('removes bare values from message and stack', () => {
    const error = scrubbed(new TypeError(`Headers.append: "Bearer ${TOKEN}" is an invalid header value.`))
    expect(error.message).toBe('Headers.append: "" is an invalid header value.')
    expect(error.stack).not.toContain(TOKEN)
  })

  test('removes values that are quoted because no header can carry them', () => {
    const value = 'line-one-0001\nline-two-0002'
    const error = new TypeError(`${JSON.stringify(value)} is an invalid header value.`)
    redactError(error, { headers: { authorization: value } })
    expect(error.message).toBe('"" is an invalid header value.')
  })

  test('removes bare values from a stack that is computed, as that of a captured one may be', () => {
    const error = new Error('failed')
    Object.defineProperty(error, 'stack', { get: () => `Error: failed with ${TOKEN}`, configurable: true })
    expect(scrubbed(error).stack).toBe('Error: failed with ')
  })

  test('follows causes and collections of errors', () => {
    const cause = new Error(`inner ${TOKEN}`, { cause: new AggregateError([new Error(`deep ${TOKEN}`)]) })
    const error = scrubbed(new Error('outer', { cause }))
    expect(error.cause).toMatchObject({ message: 'inner ', cause: { errors: [{ message: 'deep ' }] } })
    expect(error.cause).toBeInstanceOf(Error)
    expect(cause.message).toBe(`inner ${TOKEN}`)
  })

  test('removes raw header lines, lists, maps and Headers', () => {
    const error = scrubbed(
      Object.assign(new Error('failed'), {
        _header: `GET / HTTP/1.1\r\nAuthorization: Bearer ${TOKEN}\r\nhost: a\r\n\r\n`,
        rawHeaders: ['Authorization', `Bearer ${TOKEN}`, 'host', 'a'],
        map: new Map([
          ['authorization', `Bearer ${TOKEN}`],
          ['host', 'a'],
        ]),
        headers: new Headers({ authorization: `Bearer ${TOKEN}`, host: 'a' }),
        pairs: { authorization: ['Authorization', `Bearer ${TOKEN}`] },
      }),
    )
    expect(error._header).toBe('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    expect(error.rawHeaders).toEqual(['host', 'a'])
    expect([...error.map]).toEqual([['host', 'a']])
    expect([...error.headers]).toEqual([['host', 'a']])
    expect(error.pairs).toEqual({})
  })

  test('touches neither the content nor the connections that other requests use', () => {
    const agent = new http.Agent({ keepAlive: true })
    const waiting = { headers: { authorization: `Bearer ${TOKEN}` } }
    Object.assign(agent.requests, { 'api.example:443:': [waiting] })
    const request = Object.assign(new http.OutgoingMessage(), { agent })
    const error = Object.assign(new Error('failed'), { request, config: { data: { echo: TOKEN } } })
    redactError(error, attached)
    expect(waiting.headers.authorization).toBe(`Bearer ${TOKEN}`)
    expect(request.agent).toBe(agent)
    expect(inspect(error.request, { depth: 10 })).not.toContain(TOKEN)
    expect(error.config.data.echo).toBe(TOKEN)
  })

  test('veils an agent of the user, and leaves it where it is', () => {
    const agent = new http.Agent({ keepAlive: true })
    const waiting = { headers: { authorization: `Bearer ${TOKEN}` } }
    Object.assign(agent.requests, { 'api.example:443:': [waiting] })
    const error = Object.assign(new Error('failed'), { config: { agent } })
    redactError(error, attached)
    expect(inspect(error, { depth: 10 })).not.toContain(TOKEN)
    expect(JSON.stringify(error)).toBe('{"config":{"agent":"[Agent]"}}')
    expect({ ...error.config }.agent).toBe(agent)
    expect(Reflect.ownKeys(agent)).toEqual(Reflect.ownKeys(new http.Agent({ keepAlive: true })))
  })

  test('survives cycles, frozen objects and what is no error', () => {
    const error = Object.assign(new Error(TOKEN), {
      self: {},
      frozen: Object.freeze({ authorization: `Bearer ${TOKEN}` }),
    })
    error.self = error
    expect(() => redactError(error, attached)).not.toThrow()
    expect(error.message).toBe('')
    for (const thrown of [undefined, null, 'text', 1]) expect(() => redactError(thrown, attached)).not.toThrow()
  })

  test('works on in a request that the error leads to, which shows nothing whichever way it is printed', () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'x-api-key': 'another-key' }
    const request = new http.ClientRequest({ port: 1, headers }).on('error', () => {})
    const error = scrubbed(Object.assign(new Error('failed'), { request }))
    expect(error.request).toBeInstanceOf(http.ClientRequest)
    for (const options of [{ customInspect: false }, { showProxy: true }, { getters: true }]) {
      const shown = inspect(error, { depth: 20, showHidden: true, ...options })
      expect(shown).not.toMatch(/token-that|another-key/)
    }
    expect(error.request.getHeader('authorization')).toBe('')
    expect(request.getHeader('authorization')).toBe(`Bearer ${TOKEN}`)
    expect(error.request.destroy()).toBe(error.request)
    expect(request.destroyed).toBe(true)
  })

  test('edits nothing of the application, whether it hangs on the error or is the error', () => {
    class Account {
      readonly #key = TOKEN
      readonly headers = { authorization: `Bearer ${TOKEN}` }
      get length() {
        return this.#key.length
      }
    }
    const account = new Account()
    const settings = Object.freeze({ url, keys: Object.freeze(['another-key', 'mine']) })
    const error = Object.assign(new Error('failed'), { account, settings })
    scrubbed(error)
    expect(account.headers).toEqual({ authorization: `Bearer ${TOKEN}` })
    expect(error.account).toBeInstanceOf(Account)
    expect(error.account.length).toBe(TOKEN.length)
    expect(error.settings.keys).toEqual(['', 'mine'])
    const own = { config: { headers: { authorization: `Bearer ${TOKEN}` } } }
    const other = Object.assign(new Error('failed'), own)
    redactError(other, attached, [own.config])
    expect(other.config).toBe(own.config)
    const reason = new Error(TOKEN)
    redactError(reason, attached, [reason])
    expect(reason.message).toBe(TOKEN)
  })

  test('removes a value however a server has encoded it', () => {
    const next = `/login?next=${encodeURIComponent(`/a?api-key=${encodeURIComponent(KEY)}&page=2`)}`
    const lower = next.replace(/%2[FB]/g, (hex) => hex.toLowerCase())
    const error = new Error(`${next} ${lower} ${new URLSearchParams({ a: KEY })}`)
    redactError(error, attached)
    expect(error.message).toBe('/login?next=%2Fa%3Fpage%3D2 /login?next=%2fa%3Fpage%3D2 a=')
  })

  test('removes a short value only where it is that of its header or parameter', () => {
    const credentials = { headers: { 'x-key': 'test' }, query: { key: 'a' } }
    const error = Object.assign(new Error('fetch failed: api.test?key=a\nx-key: test\nin a test'), {
      headers: { 'X-Key': 'test', 'x-other': 'test' },
      url: 'https://api.carrier.test/a?b=a&key=a',
    })
    redactError(error, credentials)
    expect(error.message).toBe('fetch failed: api.test\nin a test')
    expect(error.headers).toEqual({ 'x-other': 'test' })
    expect(error.url).toBe('https://api.carrier.test/a?b=a')
  })

  test('removes the values of every attempt', () => {
    const error = new Error('first-token-0001 and second-token-0002')
    redactError(error, [{ headers: { a: 'first-token-0001' } }, { headers: { a: 'second-token-0002' } }])
    expect(error.message).toBe(' and ')
  })
})
