import { queryKey } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { carrierProxy } from '../src/index.ts'
import { echo, rawGet, SECRET, strategyFor } from './support/carrier.ts'
import { expresses } from './support/expresses.ts'
import { serve } from './support/server.ts'

describe.each(expresses)('%s', (_name, express) => {
  test.each([
    '/..;/admin',
    '/..;a=b/admin',
    '/a/..;/..;/admin',
    '/%2e%2e;/admin',
    '/.%2e;/admin',
    '/..%3b/admin',
    '/%252e%252e/admin',
    '/%252e%252e%252fadmin',
    '/%25252e%25252e/admin',
    '/%2525252525252525252e%2e/admin',
    '/..%252fadmin',
    '/..%255cadmin',
    '/..\\admin',
    '/%2e%2e\\admin',
    '/a\\..\\..\\admin',
    '/a//../../../admin',
    '//../../admin',
    '/a/%2f../%2f..%2f../admin',
    '/..%00/admin',
    '/..%20/admin',
    '/..%09/admin',
    '/..%ff/admin',
    '/.../admin',
    '/%c0%ae%c0%ae/admin',
    '/..%c0%afadmin',
    '/%u002e%u002e/admin',
    '/%ef%bc%8e%ef%bc%8e/admin',
    '/%e2%80%a5/admin',
    '/..%ef%bc%8fadmin',
    '/%ud800%2e%2e/../..%2f',
    '/..%3f/admin',
    '/..%23/admin',
  ])('a path that a carrier could read as one above the target is refused: %s', async (path) => {
    const reached: unknown[] = []
    const upstream = await serve((request, response) => {
      reached.push(request.url)
      response.end()
    })
    const app = express().use(carrierProxy(strategyFor(upstream.url), { target: `${upstream.url}/api/v1` }))
    const { port } = await serve(app)
    expect(await rawGet(port, path)).toMatch(/^HTTP\/1\.1 400/)
    expect(reached).toEqual([])
  })

  test.each([
    ['/labels/a..b', '/api/v1/labels/a..b'],
    ['/labels/v1.2;full', '/api/v1/labels/v1.2;full'],
    ['/labels/a%2Fb', '/api/v1/labels/a%2Fb'],
    ['//labels//7', '/api/v1//labels//7'],
    ['/labels/%25', '/api/v1/labels/%25'],
    ['/labels/%', '/api/v1/labels/%'],
    ['/labels/.well', '/api/v1/labels/.well'],
    ['/?path=../../x', '/api/v1/?path=../../x'],
    ['/a/../b', '/api/v1/b'],
    ['/p%C3%A4%C3%A4te', '/api/v1/p%C3%A4%C3%A4te'],
  ])('an ordinary path goes on as it is: %s', async (path, expected) => {
    const upstream = await serve(echo)
    const app = express().use(carrierProxy(strategyFor(upstream.url), { target: `${upstream.url}/api/v1` }))
    const { port } = await serve(app)
    expect(await rawGet(port, path)).toContain(`"url":"${expected}"`)
  })

  test.each([
    'api_key=mine',
    'api_key',
    'api_key=',
    'API_KEY=mine',
    'api%5Fkey=mine',
    'api%255Fkey=mine',
    'api_key[]=mine',
    'api_key%5B%5D=mine',
    'api_key%00=mine',
    '+api_key=mine',
    'api.key=mine',
    'api-key=mine',
    ';api_key=mine',
    'api_key=mine&api_key=mine',
    'API_KEY=mine&api_key=mine',
  ])('the client’s own key never stands in for the carrier’s: %s', async (own) => {
    const upstream = await serve(echo)
    const strategy = strategyFor(upstream.url, queryKey('api_key', SECRET))
    const { send } = await serve(express().use(carrierProxy(strategy, { target: upstream.url })))
    expect((await send({ path: `/x?a=b&${own}&c=d` })).json.url).toBe(`/x?a=b&c=d&api_key=${SECRET}`)
    expect((await send({ path: `/x?${own}` })).json.url).toBe(`/x?api_key=${SECRET}`)
  })

  test('a parameter behind a semicolon is left out, and its neighbours stay', async () => {
    const upstream = await serve(echo)
    const strategy = strategyFor(upstream.url, queryKey('api_key', SECRET))
    const { send } = await serve(express().use(carrierProxy(strategy, { target: upstream.url })))
    expect((await send({ path: '/x?a=b;api_key=mine;c=d&e=a%20b+c' })).json.url).toBe(
      `/x?a=b;c=d&e=a%20b+c&api_key=${SECRET}`,
    )
  })

  test('headers that would lead a carrier’s framework to another path or method stay here', async () => {
    const upstream = await serve(echo)
    const { send } = await serve(express().use(carrierProxy(strategyFor(upstream.url), { target: upstream.url })))
    const { json } = await send({
      method: 'POST',
      headers: { 'x-original-url': '/admin', 'x-rewrite-url': '/admin', 'x-http-method-override': 'DELETE' },
    })
    expect(Object.keys(json.headers).filter((name) => name.startsWith('x-'))).toEqual(['x-carrier-key'])
  })
})
