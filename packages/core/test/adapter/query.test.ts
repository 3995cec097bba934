import { addQuery, removeQuery } from '@auth/core/adapter'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('addQuery', () => {
  test.each([
    ['https://a.example', 'https://a.example?key=k'],
    ['https://a.example/?', 'https://a.example/?key=k'],
    ['https://a.example/p?q=a+b%20c&flag', 'https://a.example/p?q=a+b%20c&flag&key=k'],
    ['https://a.example/p#part?not=query', 'https://a.example/p?key=k#part?not=query'],
    ['https://a.example/p?a=1#part', 'https://a.example/p?a=1&key=k#part'],
  ])('adds to %s', (url, expected) => {
    expect(addQuery(url, { key: 'k' })).toBe(expected)
  })

  test("leaves the caller's own parameter alone", () => {
    expect(addQuery('https://a.example/?key=mine', { key: 'k' })).toBe('https://a.example/?key=mine')
    expect(addQuery('https://a.example/?%6Bey=mine', { key: 'k' })).toBe('https://a.example/?%6Bey=mine')
  })

  test('writes any value so that it is read back as it was, and removed without a trace', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true }),
        fc.string(),
        fc.string({ minLength: 1 }),
        (url, value, name) => {
          fc.pre(!new URL(url).searchParams.has(name) && value.isWellFormed() && name.isWellFormed())
          const added = addQuery(url, { [name]: value })
          expect(new URL(added).searchParams.get(name)).toBe(value)
          const pair = added.replace(/#.*/, '').split(/[?&]/).at(-1) as string
          expect(new URL(added).search.endsWith(pair)).toBe(true)
          expect(new URL(removeQuery(added, { [name]: value })).searchParams.has(name)).toBe(false)
        },
      ),
    )
  })
})

describe('removeQuery', () => {
  test('removes a parameter by name and value, however it is written', () => {
    const query = { 'api-key': 'a b/c' }
    expect(removeQuery('https://a.example/?x=1&api-key=a%20b%2Fc&y=2#h', query)).toBe('https://a.example/?x=1&y=2#h')
    expect(removeQuery('/relative?api%2Dkey=a+b/c', query)).toBe('/relative')
  })

  test('leaves another value, and what cannot be decoded', () => {
    expect(removeQuery('https://a.example/?key=mine&b=%zz', { key: 'k', b: 'k' })).toBe(
      'https://a.example/?key=mine&b=%zz',
    )
  })
})
