import { apiKey, createStrategy } from '@auth/core'
import { expect, test } from 'vitest'

const strategy = createStrategy({
  origins: ['https://api.example.com', 'https://[2001:db8::1]:8443', 'https://api.example.org:444'],
  layers: [apiKey('x-api-key', 'key')],
})
const attached = (url: string): boolean =>
  'headers' in (strategy.authorize({ url, method: 'GET', headers: {} }) as object)

test.each([
  'https://api.example.com',
  'https://api.example.com/',
  'https://api.example.com?page=1',
  'https://api.example.com#top',
  'https://api.example.com:443/x',
  'HTTPS://API.example.com/x',
  'https://user@api.example.com/x',
  'https://[2001:db8::1]:8443/x',
  'https://api.example.org:444/x',
])('the credentials go to %s', (url) => {
  expect(attached(url)).toBe(true)
})

test.each([
  'https://apixexample.com/x',
  'https://api.example.com.evil.example/x',
  'https://api.example.com@evil.example/x',
  'https://api.example.com:8443/x',
  'https://api.example.com1/x',
  'https://evil.example/https://api.example.com/x',
  'https://evil.example/?\nhttps://api.example.com/x',
  'http://api.example.com/x',
  'https://api.example.org/x',
  'https://api.example.org:4440/x',
  'https://2/x',
  'https://[2001:db8::2]:8443/x',
  '//api.example.com/x',
  '/x',
  '',
])('the credentials do not go to %j', (url) => {
  expect(attached(url)).toBe(false)
})
