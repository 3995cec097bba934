import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServedSandbox, serveSandbox } from '../src/index.ts'

let served: ServedSandbox
beforeAll(async () => {
  served = await serveSandbox({ carriers: ['posti'] })
})
afterAll(() => served.close())

function open(): Socket {
  const { hostname, port } = new URL(served.controlUrl)
  return connect(Number(port), hostname).on('error', () => {})
}

/** Sends bytes, and yields all that comes until the server ends the connection. */
async function raw(text: string): Promise<string> {
  const socket = open()
  let answer = ''
  socket.setEncoding('latin1').on('data', (part: string) => {
    answer += part
  })
  socket.write(text, 'latin1')
  // A reset behind the answer is no failure.
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

const alive = async (): Promise<boolean> => (await fetch(`${served.controlUrl}/carriers`)).ok
const END = 'Connection: close\r\n\r\n'

describe('the control interface over a raw socket', () => {
  test.each<[string, string, RegExp]>([
    ['no Host', `GET /carriers HTTP/1.1\r\n${END}`, /^HTTP\/1.1 400 /],
    ['no Host in HTTP/1.0', 'GET /carriers HTTP/1.0\r\n\r\n', /^HTTP\/1.1 403 /],
    ['two Hosts', `GET /carriers HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n${END}`, /^HTTP\/1.1 (400|200) /],
    ['user info in Host', `GET /carriers HTTP/1.1\r\nHost: localhost@evil.example\r\n${END}`, /^HTTP\/1.1 403 /],
    ['a suffix behind loopback', `GET /carriers HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n${END}`, /^HTTP\/1.1 403 /],
    ['loopback as a prefix', `GET /carriers HTTP/1.1\r\nHost: localhost.evil.example:80\r\n${END}`, /^HTTP\/1.1 403 /],
    [
      'a whole URL as target',
      `GET http://evil.example/carriers HTTP/1.1\r\nHost: localhost\r\n${END}`,
      /^HTTP\/1.1 404 /,
    ],
    ['a null Origin', `GET /carriers HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n${END}`, /^HTTP\/1.1 403 /],
    [
      'huge headers',
      `GET /carriers HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n${END}`,
      /^HTTP\/1.1 431 /,
    ],
    [
      'a length beside chunks',
      `POST /clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n${END}0\r\n\r\n`,
      /^HTTP\/1.1 400 /,
    ],
    [
      'chunks that are none',
      `POST /clock HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n${END}zz\r\n\r\n`,
      /^HTTP\/1.1 400 /,
    ],
    [
      'JSON that is nested deeply',
      `POST /clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n${END}${'['.repeat(200_000)}`,
      /^HTTP\/1.1 400 /,
    ],
    [
      'a body without an end above the limit',
      `POST /clock HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${`2000\r\n${' '.repeat(8192)}\r\n`.repeat(40)}`,
      /^HTTP\/1.1 413 /,
    ],
  ])('answers %s, and lives on', async (_, sent, expected) => {
    expect((await raw(sent)).slice(0, 100)).toMatch(expected)
    expect(await alive()).toBe(true)
  })

  test('answers requests that come at once in their order', async () => {
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n`
    const answer = await raw(`${get('/carriers')}\r\n${get('/nothing')}\r\n${get('/ca.pem')}${END}`)
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200'])
  })

  test('lives on when an upload is aborted, and ends although a body never comes', async () => {
    const aborted = open()
    aborted.write('POST /clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"adv')
    await once(aborted, 'connect')
    aborted.destroy()
    expect(await alive()).toBe(true)
    const other = await serveSandbox({ carriers: ['posti'] })
    const { port } = new URL(other.controlUrl)
    const slow = connect(Number(port), '127.0.0.1').on('error', () => {})
    slow.write('POST /clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n')
    await once(slow, 'connect')
    await other.close()
    await expect(fetch(other.controlUrl)).rejects.toThrow()
  })
})
