import { redirectOf } from '@auth/core/adapter'
import { describe, expect, test } from 'vitest'

const request = (method: string, url = 'https://api.example/from#part') => ({ method, url })

describe('redirectOf, by the Fetch standard', () => {
  test.each([
    [301, 'GET', 'GET', true],
    [301, 'POST', 'GET', false],
    [301, 'PUT', 'PUT', true],
    [302, 'POST', 'GET', false],
    [302, 'DELETE', 'DELETE', true],
    [303, 'HEAD', 'HEAD', true],
    [303, 'PUT', 'GET', false],
    [307, 'POST', 'POST', true],
    [308, 'PATCH', 'PATCH', true],
  ])('%i turns %s into %s', (status, method, expected, keepsBody) => {
    expect(redirectOf(request(method), { status }, '/to')).toMatchObject({
      method: expected,
      keepsBody,
      sameOrigin: true,
    })
  })

  test('drops what describes the body together with the body', () => {
    expect(redirectOf(request('POST'), { status: 303 }, '/to')?.dropHeaders).toContain('content-type')
    expect(redirectOf(request('POST'), { status: 307 }, '/to')?.dropHeaders).toEqual([])
  })

  test.each(['https://api.example:8443/', 'http://api.example/', 'https://sub.api.example/', '//other.example/'])(
    'takes %s for another origin, and drops what is confidential',
    (location) => {
      const redirect = redirectOf(request('GET'), { status: 302 }, location)
      expect(redirect?.sameOrigin).toBe(false)
      expect(redirect?.dropHeaders).toEqual(expect.arrayContaining(['authorization', 'cookie', 'proxy-authorization']))
    },
  )

  test('takes the default port for the same origin', () => {
    expect(redirectOf(request('GET'), { status: 302 }, 'https://API.example:443/')?.sameOrigin).toBe(true)
  })

  test('keeps the fragment unless the location has one', () => {
    expect(redirectOf(request('GET'), { status: 302 }, '/to')?.url).toBe('https://api.example/to#part')
    expect(redirectOf(request('GET'), { status: 302 }, '/to#other')?.url).toBe('https://api.example/to#other')
  })

  test('sees no redirect in other statuses, nor without a location', () => {
    expect(redirectOf(request('GET'), { status: 304 }, '/to')).toBeUndefined()
    expect(redirectOf(request('GET'), { status: 300 }, '/to')).toBeUndefined()
    expect(redirectOf(request('GET'), { status: 302 }, null)).toBeUndefined()
  })

  test.each(['ftp://files.example/', 'javascript:alert(1)', 'https://'])('refuses %s', (location) => {
    expect(() => redirectOf(request('GET'), { status: 302 }, location)).toThrow(TypeError)
  })
})
