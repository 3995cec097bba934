import { apiKey, createStrategy } from '@auth/core'
import { expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'

const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [apiKey('x-api-key', 'key-0001')] })

/** What a fetch of the user's own, which may read URLs by rules of its own, is given. */
async function given(url: string): Promise<{ url: string; key: string | null }> {
  let seen = { url: '', key: null as string | null }
  const authenticated = withAuth((url: string, init?: RequestInit): Promise<Response> => {
    seen = { url, key: new Headers(init?.headers).get('x-api-key') }
    return Promise.resolve(new Response())
  }, strategy)
  await authenticated(url)
  return seen
}

test.each([
  ['a backslash', 'https://api.example.com\\@evil.example/'],
  ['a line break', 'https://api.example.com/a\n@evil.example/'],
  ['a tab in the scheme', 'ht\ttps://api.example.com/a'],
  ['one slash', 'https:/api.example.com/a'],
  ['a space at the end', 'https://api.example.com/a '],
  ['what has to be encoded', 'https://api.example.com/ä?b=ö'],
  ['another case', 'https://API.example.com/a\\b'],
])('a URL that parsers may take differently is handed on in its canonical form: %s', async (_, url) => {
  expect(await given(url)).toEqual({ url: new URL(url).href, key: 'key-0001' })
})

test.each([
  ['user information that looks like the host', 'https://api.example.com@evil.example/'],
  ['a host that goes on', 'https://api.example.com.evil.example/'],
  ['a port', 'https://api.example.com:8443/'],
  ['another scheme', 'http://api.example.com/'],
])('no credentials go to %s', async (_, url) => {
  expect((await given(url)).key).toBeNull()
})
