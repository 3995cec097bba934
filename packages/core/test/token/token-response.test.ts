import { TokenEndpointError } from '@auth/core'
import { expect, test } from 'vitest'
import type { TokenEndpointAnswer } from '../../src/token/outcome-patterns.ts'
import {
  DEFAULT_LIFETIME,
  lifetimeOf,
  readTokenResponse,
  type TokenResponseMapping,
} from '../../src/token/token-response.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const SECOND = 1000
const HOUR = 3600 * SECOND
const DAY = 24 * HOUR

function answer(body: unknown, headers: Record<string, string> = {}): TokenEndpointAnswer {
  return { status: 200, headers: new Headers(headers), json: body }
}

function read(body: unknown, mapping?: TokenResponseMapping, headers?: Record<string, string>) {
  return readTokenResponse(answer(body, headers), NOW, mapping)
}

function problemOf(body: unknown, mapping?: TokenResponseMapping): string {
  try {
    read(body, mapping)
  } catch (error) {
    expect(error).toBeInstanceOf(TokenEndpointError)
    expect(error).toMatchObject({ code: 'ERR_AUTH_TOKEN_RESPONSE_INVALID', status: 200 })
    return (error as Error).message
  }
  return 'accepted'
}

// `undefined` is "says nothing sensible": the default lifetime applies.
const lifetimes: readonly (readonly [what: string, value: unknown, ms: number | undefined])[] = [
  ['a number of seconds', 3599, 3599 * SECOND],
  ['a fraction of a second', 0.5, 500],
  ['a float', 3599.5, 3_599_500],
  ['the shortest lifetime in use', 30, 30 * SECOND],
  ['the longest lifetime in use', 864_000, 10 * DAY],
  ['thirty days', 2_592_000, 30 * DAY],
  ['a string of digits, as UPS has it', '14399', 14_399 * SECOND],
  ['a string with a fraction', '3599.9', 3_599_900],
  ['a string with spaces around it', ' 3600 ', HOUR],
  ['zero', 0, 0],
  ['zero as a string', '0', 0],
  ['minus zero', -0, 0],
  ['a negative number', -1, 0],
  ['a negative string', '-3600', 0],
  ['minus infinity', Number.NEGATIVE_INFINITY, 0],
  ['1e400, which JSON.parse makes infinite', JSON.parse('1e400'), undefined],
  ['1e-400, which JSON.parse makes zero', JSON.parse('1e-400'), 0],
  ['NaN', Number.NaN, undefined],
  ['missing', undefined, undefined],
  ['null', null, undefined],
  ['an object', { seconds: 3600 }, undefined],
  ['a list', [3600], undefined],
  ['true', true, undefined],
  ['an empty string', '', undefined],
  ['a word', 'soon', undefined],
  ['a number with a unit', '3600s', undefined],
  ['hexadecimal', '0xe10', undefined],
  ['an exponent in a string', '3.6e3', undefined],
  ['an hour in ms', 3_600_000, HOUR],
  ['an hour in ms as a string', '3600000', HOUR],
  ['ten days in ms', 864_000_000, 10 * DAY],
  ['epoch seconds in an hour', (NOW + HOUR) / 1000, HOUR],
  ['epoch seconds as a string', String((NOW + HOUR) / 1000), HOUR],
  ['epoch seconds that are over', (NOW - HOUR) / 1000, undefined],
  ['epoch seconds of 2001', 1_000_000_000, undefined],
  ['epoch seconds in a year', (NOW + 365 * DAY) / 1000, undefined],
  ['epoch ms in an hour', NOW + HOUR, HOUR],
  ['epoch ms that are over', NOW - HOUR, undefined],
  ['an ISO date in UTC', '2026-11-21T13:00:00Z', HOUR],
  ['an ISO date with ms', '2026-11-21T12:00:00.250Z', 250],
  ['an ISO date with an offset', '2026-11-21T15:00:00+02:00', HOUR],
  ['an ISO date with an offset without colon', '2026-11-21T15:00:00+0200', HOUR],
  ['an ISO date without a zone, as Velocity has it', '2026-11-21T13:00:00', undefined],
  ['a day without a time', '2026-11-22', undefined],
  ['an ISO date that is over', '2026-11-21T11:00:00Z', undefined],
  ['an ISO date in ten years', '2036-11-21T13:00:00Z', undefined],
  ['an impossible ISO date', '2026-13-45T99:99:99Z', undefined],
  ['an absurd number of seconds', 1e20, undefined],
]

test.each(lifetimes)('expires_in: %s (%j) lives %j ms', (_, value, ms) => {
  expect(lifetimeOf(value, NOW)).toBe(ms)
  const token = read({ access_token: 'abc', expires_in: value })
  expect(token).toEqual({ expiresAt: NOW + (ms ?? DEFAULT_LIFETIME), lifetime: ms ?? DEFAULT_LIFETIME })
  expect(token.value).toBe('abc')
})

test('a lifetime is never infinite, whatever the number', () => {
  for (let exponent = -10; exponent < 310; exponent++) {
    for (const factor of [1, 2.6, 9.9]) {
      const { expiresAt } = read({ access_token: 'a', expires_in: factor * 10 ** exponent })
      expect(expiresAt).toBeGreaterThanOrEqual(NOW)
      expect(expiresAt).toBeLessThanOrEqual(NOW + 30 * DAY)
    }
  }
})

test('a declared unit settles what the number alone leaves open', () => {
  expect(lifetimeOf(1_800_000, NOW)).toBe(1_800_000 * SECOND)
  expect(lifetimeOf(1_800_000, NOW, 'ms')).toBe(1_800_000)
  expect(lifetimeOf('60000', NOW, 'ms')).toBe(60_000)
  expect(lifetimeOf(3_600_000, NOW, 's')).toBeUndefined()
  expect(lifetimeOf((NOW + HOUR) / 1000, NOW, 'ms')).toBe(HOUR)
  expect(read({ access_token: 'a', expires_in: 900_000 }, { unit: 'ms' }).lifetime).toBe(900_000)
})

test('a default lifetime of the carrier takes the place of ours', () => {
  expect(readTokenResponse(answer({ access_token: 'a' }), NOW, {}, DAY).expiresAt).toBe(NOW + DAY)
  expect(readTokenResponse(answer({ access_token: 'a', expires_in: 60 }), NOW, {}, DAY).expiresAt).toBe(NOW + 60_000)
})

test.each([['Bearer'], ['bearer'], ['BEARER'], ['bEaReR'], [undefined], [null]])(
  'token_type %j is Bearer',
  (token_type) => {
    expect(read({ access_token: 'abc', token_type, expires_in: 60 }).value).toBe('abc')
  },
)

test.each([['MAC'], ['DPoP'], ['N_A'], [''], ['Bearer '], ['bearer,mac'], [5], [true], [['Bearer']], [{}]])(
  'token_type %j is not Bearer',
  (token_type) => {
    expect(problemOf({ access_token: 'abc', token_type })).toBe(
      "the token endpoint's answer has a token_type other than Bearer",
    )
  },
)

test.each([
  ['missing', {}],
  ['null', { access_token: null }],
  ['empty', { access_token: '' }],
  ['a number', { access_token: 12345 }],
  ['an object', { access_token: { value: 'abc' } }],
  ['a list', { access_token: ['abc'] }],
  ['under another name', { accessToken: 'abc' }],
  ['in a list', [{ access_token: 'abc' }]],
  ['inherited', JSON.parse('{"__proto__": {"access_token": "abc"}}')],
])('an access token that is %s is none', (_, body) => {
  expect(problemOf(body)).toBe("the token endpoint's answer has no access token")
})

test.each([
  ['a line break in it', 'abc\ndef'],
  ['CR and LF, to smuggle a header in', 'abc\r\nX-Admin: 1'],
  ['a line break at its end', 'abc\n'],
  ['a tab', 'a\tb'],
  ['a space at its start', ' abc'],
  ['a space in it', 'a b'],
  ['a NUL', 'a\0b'],
  ['DEL', 'a\x7fb'],
  ['an umlaut', 'tökén'],
  ['an emoji', '🔑'],
  ['a no-break space', 'a\u00a0b'],
])('an access token with %s is refused, and not quoted', (_, access_token) => {
  const problem = problemOf({ access_token })
  expect(problem).toBe("the token endpoint's answer has an access token with characters that no header can carry")
})

test('every visible character may be part of a token', () => {
  const all = Array.from({ length: 0x7e - 0x20 }, (_, i) => String.fromCharCode(0x21 + i)).join('')
  expect(read({ access_token: all }).value).toBe(all)
})

test.each([
  ['HTML or nothing at all', undefined],
  ['null', null],
  ['a string', 'abc'],
  ['a number', 5],
  ['true', true],
])('a body that is %s is no token response, and worth another try', (_, body) => {
  expect(() => read(body)).toThrow(expect.objectContaining({ retryable: true }))
  expect(problemOf(body)).toBe("the token endpoint's answer is not the JSON of a token response")
})

test('what is wrong with a well-formed answer will not be better a moment later', () => {
  expect(() => read({ expires_in: 60 })).toThrow(expect.objectContaining({ retryable: false }))
})

test('members beyond those of the RFC change nothing', () => {
  const token = read({
    refresh_token: null,
    id_token: 'garbage',
    posti_fi: { targets: [] },
    issued_at: '1795262400000',
    status: 'approved',
    error: null,
    access_token: 'abc',
    expires_in: '14399',
    token_type: 'Bearer',
    scope: 'a b',
  })
  expect(token).toEqual({ expiresAt: NOW + 14_399_000, lifetime: 14_399_000, scope: 'a b' })
})

test.each([[null], [['a', 'b']], [5], [{}]])('a scope of %j is no scope', (scope) => {
  expect(read({ access_token: 'abc', scope }).scope).toBeUndefined()
})

test('renamed, nested and header-placed members are read where the mapping says', () => {
  const teleship = read(
    { accessToken: 'abc', expiresIn: 3_600_000, tokenType: 'bearer' },
    { accessToken: 'accessToken', expiresIn: 'expiresIn', tokenType: 'tokenType', unit: 'ms' },
  )
  expect([teleship.value, teleship.lifetime]).toEqual(['abc', HOUR])

  const nested = read(
    { data: { auth: { token: 'abc', until: NOW / 1000 + 60 } } },
    { accessToken: 'data.auth.token', expiresIn: 'data.auth.until' },
  )
  expect([nested.value, nested.lifetime]).toEqual(['abc', 60 * SECOND])

  const dpd = read(
    undefined,
    { accessToken: { header: 'X-DPD-Token' }, expiresIn: { header: 'X-DPD-Expires' } },
    { 'x-dpd-token': 'abc', 'x-dpd-expires': '2026-11-22T12:00:00Z' },
  )
  expect([dpd.value, dpd.lifetime]).toEqual(['abc', DAY])
})

test('a place that leads nowhere is a missing member', () => {
  expect(problemOf({ data: null }, { accessToken: 'data.token' })).toMatch('has no access token')
  expect(problemOf({ data: 'text' }, { accessToken: 'data.length' })).toMatch('has no access token')
  expect(problemOf({}, { accessToken: 'constructor.name' })).toMatch('has no access token')
  expect(problemOf({}, { accessToken: { header: 'x-token' } })).toMatch('has no access token')
})

test('the lifetime counts from before the request was sent, not from when the answer was read', () => {
  const body = { access_token: 'abc', expires_in: 60 }
  expect(readTokenResponse(answer(body), NOW - 20 * SECOND).expiresAt).toBe(NOW + 40 * SECOND)
})
