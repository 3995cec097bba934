import { apiKey, basic, createStrategy } from '@auth/core'
import { expect, test } from 'vitest'

const url = 'https://api.example.com/x'
const strategy = createStrategy({
  origins: ['https://api.example.com'],
  layers: [apiKey('x-api-key', 'key'), basic({ username: 'u', password: 'p' })],
})
const both = { 'x-api-key': 'key', authorization: 'Basic dTpw' }

test('a request whose caller set one layer’s header gets the others, whatever the request before it got', () => {
  expect(strategy.authorize({ url, method: 'GET', headers: {} })).toEqual({ headers: both })
  expect(strategy.authorize({ url, method: 'GET', headers: { 'x-api-key': 'own' } })).toEqual({
    headers: { authorization: both.authorization },
  })
  expect(strategy.authorize({ url, method: 'GET', headers: { authorization: 'own' } })).toEqual({
    headers: { 'x-api-key': 'key' },
  })
  expect(strategy.authorize({ url, method: 'GET', headers: both })).toEqual({})
  expect(strategy.authorize({ url, method: 'GET', headers: {} })).toEqual({ headers: both })
})

test('a header may have the name of what every object has', () => {
  const { authorize } = createStrategy({ origins: ['https://api.example.com'], layers: [apiKey('constructor', 'key')] })
  expect(authorize({ url, method: 'GET', headers: {} })).toEqual({ headers: { constructor: 'key' } })
  expect(authorize({ url, method: 'GET', headers: { constructor: 'own' } })).toEqual({})
})

test('the same layers give the same object', () => {
  const request = { url, method: 'GET', headers: {} }
  expect(strategy.authorize(request)).toBe(strategy.authorize(request))
})
