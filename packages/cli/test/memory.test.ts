import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { memoryStore } from '@auth/core'
import { describe, expect, test } from 'vitest'
import { clockFinding, connectionFinding } from '../src/doctor/network.ts'
import { masker } from '../src/mask.ts'
import { ledger } from '../src/memory/ledger.ts'
import { stateFile, statePath } from '../src/memory/state-file.ts'
import { carrierAuth, folder } from './support/program.ts'

const HOUR = 3_600_000
const failure = { code: 'ERR_AUTH_CREDENTIALS_REJECTED', message: 'no', retryAt: HOUR } as const

describe('the state file', () => {
  test('keeps rejections, and neither tokens nor outages', async () => {
    const path = join(folder(), 'state', 'rejections.json')
    const store = stateFile(path, () => 0)
    const token = { value: 'the-token', expiresAt: HOUR, lifetime: HOUR }
    const version = await store.set(
      'a',
      { writtenAt: 0, token, failure, rejections: 2 },
      { expected: undefined, ttl: HOUR },
    )
    const unavailable = { ...failure, code: 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE' } as const
    await store.set('b', { writtenAt: 0, failure: unavailable, outages: 3 }, { expected: undefined, ttl: HOUR })
    const again = stateFile(path, () => HOUR - 1)
    expect(await again.get('a')).toEqual({ entry: { writtenAt: 0, failure, rejections: 2 }, version })
    expect((await again.get('b'))?.entry).toEqual({ writtenAt: 0 })
    expect(readFileSync(path, 'utf8')).not.toContain('the-token')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await stateFile(path, () => HOUR + 1).get('a'), 'its time is over').toBeUndefined()
  })

  test('writes only over the version that was read', async () => {
    const store = stateFile(join(folder(), 'rejections.json'))
    const write = (expected: string | undefined) => store.set('a', { writtenAt: 0 }, { expected, ttl: HOUR })
    const all = await Promise.all(Array.from({ length: 8 }, () => write(undefined)))
    expect(all.filter((version) => version !== undefined)).toHaveLength(1)
    expect(await write('another')).toBeUndefined()
  })

  test('lets one of many log in, and keeps within a rate', async () => {
    let now = 0
    const store = stateFile(join(folder(), 'rejections.json'), () => now)
    const exclusive = [{ count: 1, per: 30_000 }]
    const first = await store.lease('a', exclusive, 0)
    expect(await store.lease('a', exclusive, 0)).toEqual({ retryIn: 30_000 })
    if (!('release' in first)) throw new Error('no lease')
    await first.release()
    expect(await store.lease('a', exclusive, 0)).toMatchObject({ startsIn: 0 })
    for (let i = 0; i < 3; i++) await store.lease('rate', [{ count: 3, per: 60_000 }], 0)
    now = 20_000
    expect(await store.lease('rate', [{ count: 3, per: 60_000 }], 0)).toEqual({ retryIn: 40_000 })
    expect(await store.lease('rate', [{ count: 3, per: 60_000 }], 50_000)).toMatchObject({ startsIn: 40_000 })
  })

  test('takes a file that is no JSON for none, and a lock that was left behind for none', async () => {
    const path = join(folder(), 'rejections.json')
    writeFileSync(path, '{"entries":')
    mkdirSync(`${path}.lock`)
    utimesSync(`${path}.lock`, 0, 0)
    const store = stateFile(path)
    expect(await store.get('a')).toBeUndefined()
    expect(await store.set('a', { writtenAt: 0 }, { expected: undefined, ttl: HOUR })).toBeDefined()
  })

  test('is below $XDG_STATE_HOME, or the home folder where that is no absolute path', () => {
    expect(statePath({ XDG_STATE_HOME: '/state', HOME: '/home/me' })).toBe('/state/carrier-auth/rejections.json')
    expect(statePath({ XDG_STATE_HOME: 'state', HOME: '/home/me' })).toBe(
      '/home/me/.local/state/carrier-auth/rejections.json',
    )
  })

  test('has to be there: without it, nobody knows which logins would be refused', async () => {
    const file = join(folder(), 'a-file')
    writeFileSync(file, '')
    const { code, err } = await carrierAuth(['doctor', 'posti'], { env: { XDG_STATE_HOME: file } })
    expect(code).toBe(1)
    expect(err).toContain('set XDG_STATE_HOME, or use --store')
  })
})

test('counts rejected logins of an account, and forgets them with one that is accepted', async () => {
  let now = 0
  const store = memoryStore()
  const of = (credentials: string) => ledger({ store, account: 'me', credentials, window: HOUR, now: () => now })
  await of('one').rejectedAgain('no')
  await of('two').rejectedAgain('no')
  expect(await of('three').rejected()).toBe(2)
  expect(await of('one').standing()).toMatchObject({ retryAt: HOUR })
  expect(await of('three').standing()).toBeUndefined()
  now = HOUR
  expect(await of('one').standing()).toBeUndefined()
  await of('three').accepted()
  expect(await of('one').rejected()).toBe(0)
})

test.each([
  [0, 'pass'],
  [-30_000, 'pass'],
  [31_000, 'warn'],
  [-86_400_000, 'warn'],
])('a clock that is off by %d ms is a %s', (skew, state) => {
  expect(clockFinding({ origin: 'https://api.example', skew }).state).toBe(state)
})

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'fail'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'fail'],
  ['CERT_HAS_EXPIRED', 'fail'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'fail'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'fail'],
  ['ECONNREFUSED', 'inconclusive'],
  ['ECONNRESET', 'inconclusive'],
  ['ETIMEDOUT', 'inconclusive'],
])('%s is a %s', (code, state) => {
  expect(connectionFinding('api.example', code).state).toBe(state)
})

test('masks secrets in each form, the longest first', () => {
  const mask = masker(['pass', 'pass word', 'ab'])
  expect(mask('pass word pass%20word cGFzcyB3b3Jk pass ab')).toBe('*** *** *** *** ab')
})
