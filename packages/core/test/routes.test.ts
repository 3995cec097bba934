import { apiKey, basic, bearer, type Credentials, createStrategy, type Layer, type Route, tokenCache } from '@auth/core'
import { describe, expect, test } from 'vitest'

const ORIGIN = 'https://api.example.com'

function strategyOf(routes: readonly Route[], layers: readonly Layer[] = [apiKey('x-key', 'main')]) {
  const strategy = createStrategy({ origins: [ORIGIN], layers, routes })
  const keyFor = (path: string): string | undefined =>
    (strategy.authorize({ url: `${ORIGIN}${path}`, method: 'GET', headers: {} }) as Credentials).headers?.['x-key']
  return { ...strategy, keyFor }
}

const LABELS: Route = { paths: ['/labels/v3', '/track'], layers: [apiKey('x-key', 'labels')] }

describe('a route', () => {
  const { keyFor } = strategyOf([LABELS])

  // However a server may take such a path to be one of the route's.
  test.each([
    '/labels/v3',
    '/labels/v3/',
    '/labels/v3/label/1?x=/other#y',
    '/track',
    '//labels/v3',
    '/labels//v3',
    '/./labels/./v3',
    '/x/../labels/v3',
    '/x/%2e%2e/labels/v3',
    '/x/%2E./labels/%2e/v3',
    '/labels;v=1/v3;a=b/x',
    '/x/..;/labels/v3',
    '/x/..;a=b/labels/v3',
    '/%6cabels/v3',
    '\\labels\\v3',
    '/labels\\v3',
    '/la\tbels/v3',
  ])('has %j', (path) => expect(keyFor(path)).toBe('labels'))

  test.each([
    '/',
    '/labels',
    '/labels/v30',
    '/labels/V3',
    '/Labels/v3',
    '/tracking',
    '/x/track',
    '/labels%2fv3',
    '/labels%2Fv3',
    '/labels%5cv3',
    '/labels%252fv3',
    '/?/labels/v3',
    '/#/labels/v3',
    '/labels/v3/..',
    '/labels/v3/../x',
    '/labels/v3/%2e%2e/x',
    '/%zz',
  ])('has not %j', (path) => expect(keyFor(path)).toBe('main'))

  test('that is the first to have a path wins', () => {
    const inner = { paths: ['/a/b'], layers: [apiKey('x-key', 'inner')] }
    const outer = { paths: ['/a'], layers: [apiKey('x-key', 'outer')] }
    expect(strategyOf([inner, outer]).keyFor('/a/b/c')).toBe('inner')
    expect(strategyOf([outer, inner]).keyFor('/a/b/c')).toBe('outer')
  })

  test('without layers is public, and its own 401 is not recovered', async () => {
    const { authorize, recover } = strategyOf([{ paths: ['/public'], layers: [] }], [apiKey('x-key', () => 'new')])
    const request = { url: `${ORIGIN}/public/x`, method: 'GET', headers: {} }
    expect(authorize(request)).toEqual({})
    expect(await recover({ ...request, headers: { 'x-key': 'old' } }, { status: 401 })).toBe(false)
    expect(await recover({ ...request, url: ORIGIN, headers: { 'x-key': 'old' } }, { status: 401 })).toBe(true)
  })

  test('with the path / has every path', () => {
    expect(strategyOf([{ paths: ['/'], layers: [apiKey('x-key', 'all')] }]).keyFor('/x/y')).toBe('all')
  })

  test.each([
    ['no list', {}, /^routes: must be a list/],
    ['no paths', [{ layers: [] }], /^routes\[0\]\.paths: must list/],
    ['no layers', [{ paths: ['/a'] }], /^routes\[0\]\.layers: must be a list/],
    ['an unknown member', [{ paths: ['/a'], layers: [], path: '/a' }], /^path: is not an option of routes\[0\]/],
    ['a path without a slash', [{ paths: ['a'], layers: [] }], /begins with a slash/],
    ['a wildcard', [{ paths: ['/a/*'], layers: [] }], /no wildcards/],
    ['a query', [{ paths: ['/a?b'], layers: [] }], /without a query/],
    ['dots', [{ paths: ['/a/../b'], layers: [] }], /must be written \/b/],
    ['a double slash', [{ paths: ['//a'], layers: [] }], /must be written \/a/],
    ['a parameter', [{ paths: ['/a;b'], layers: [] }], /must be written \/a/],
    ['no layer in its layers', [{ paths: ['/a'], layers: [{}] }], /^routes\[0\]\.layers: must be layers/],
    [
      'two of one header',
      [{ paths: ['/a'], layers: [apiKey('a', 'b'), apiKey('A', 'c')] }],
      /two of them set the a header/,
    ],
  ])('with %s is refused', (_, routes, message) => {
    expect(() => strategyOf(routes as never)).toThrow(message as RegExp)
  })
})

test('status, ready and reset cover every route, and each layer once', async () => {
  let issued = 0
  const source = () =>
    tokenCache({ token: async () => ({ value: `token-${++issued}`, expiresAt: Date.now() + 3.6e6 }) })
  const shared = bearer(source())
  const { ready, status, reset } = strategyOf(
    [
      { paths: ['/a', '/b'], layers: [shared, { ...bearer(source(), { header: 'x-payment', prefix: '' }) }] },
      { paths: ['/c'], layers: [basic({ username: 'u', password: 'p' })] },
    ],
    [shared],
  )
  expect(status().layers).toMatchObject([
    { state: 'empty' },
    { state: 'empty', paths: ['/a', '/b'] },
    { paths: ['/c'] },
  ])
  expect(status().layers[0]).not.toHaveProperty('paths')
  await ready()
  expect(issued).toBe(2)
  expect(status().layers.map(({ state }) => state)).toEqual(['fresh', 'fresh', undefined])
  await reset()
  expect(status().layers.map(({ state }) => state)).toEqual(['empty', 'empty', undefined])
})

test('ready fails with what a request would fail with, and names the strategy', async () => {
  const failing = bearer({ token: async () => Promise.reject(new Error('down')) })
  const { ready } = strategyOf([{ paths: ['/a'], layers: [failing] }])
  await expect(ready()).rejects.toThrow('down')
  const missing = strategyOf([], [apiKey('x-key', () => '')])
  await expect(missing.ready()).rejects.toMatchObject({ code: 'ERR_AUTH_CONFIGURATION', strategy: 'custom' })
})
