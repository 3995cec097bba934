import { randomUUID } from 'node:crypto'
import type { Lease, LeaseRefusal, RateLimit, StoredEntry, TokenStore } from '@auth/core'
import { beforeAll, describe, expect, test } from 'vitest'

/** What every token store must hold, as test cases; a new store's test file is one call of it. */
export function describeTokenStore(name: string, open: () => TokenStore | Promise<TokenStore>): void {
  describe(name, () => {
    let store: TokenStore
    beforeAll(async () => {
      store = await open()
    })
    describe('entries', () => entries(() => store))
    describe('a lease', () => leases(() => store))
    describe('a rate', () => rates(() => store))
  })
}

const MINUTE = 60_000
const exclusive = (per: number): RateLimit[] => [{ count: 1, per }]

function entry(value: string = randomUUID()): StoredEntry {
  const writtenAt = Date.now()
  return { writtenAt, token: { value, expiresAt: writtenAt + MINUTE, lifetime: MINUTE, scope: 'a b' } }
}

function granted(lease: Lease | LeaseRefusal): Lease {
  if (!('release' in lease)) throw new Error(`refused for ${lease.retryIn} ms`)
  return lease
}

/** Asks until the answer fits; the test's own time limit ends it. */
async function until<T>(question: () => T | Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await question()
    if (fits(answer)) return answer
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function entries(at: () => TokenStore): void {
  test('there is none under a key that nobody has written', async () => {
    expect(await at().get(randomUUID())).toBeUndefined()
  })

  test('is read as it was written, under its own key only', async () => {
    const [key, other] = [randomUUID(), randomUUID()]
    const full: StoredEntry = {
      ...entry('token/with+all~kinds.of_characters=='),
      failure: {
        code: 'ERR_AUTH_CREDENTIALS_REJECTED',
        message: 'Ä message "with" {signs}\n',
        retryAt: Date.now() + MINUTE,
        status: 401,
        error: 'invalid_client',
      },
      rejections: 2,
      outages: 3,
    }
    const version = await at().set(key, full, { expected: undefined, ttl: MINUTE })
    expect(await at().get(key)).toMatchObject({ entry: full, version })
    expect(await at().get(other)).toBeUndefined()
  })

  test('says how old it is, if store and caller may have two clocks', async () => {
    const key = randomUUID()
    const before = performance.now()
    await at().set(key, entry(), { expected: undefined, ttl: MINUTE })
    const age = (await at().get(key))?.age ?? 0
    expect(age).toBeGreaterThanOrEqual(0)
    expect(age).toBeLessThan(performance.now() - before + 5)
  })

  test('is written over the version that was expected, and over no other', async () => {
    const key = randomUUID()
    const [first, second, third] = [entry(), entry(), entry()]
    expect(await at().set(key, first, { expected: 'none such', ttl: MINUTE })).toBeUndefined()
    expect(await at().get(key)).toBeUndefined()
    const one = await at().set(key, first, { expected: undefined, ttl: MINUTE })
    expect(await at().set(key, second, { expected: undefined, ttl: MINUTE })).toBeUndefined()
    const two = await at().set(key, second, { expected: one, ttl: MINUTE })
    expect(two).not.toBe(one)
    expect(await at().set(key, third, { expected: one, ttl: MINUTE })).toBeUndefined()
    expect(await at().get(key)).toMatchObject({ entry: second, version: two })
  })

  test('has another version even when the same is written again', async () => {
    const key = randomUUID()
    const same = entry()
    const one = await at().set(key, same, { expected: undefined, ttl: MINUTE })
    const two = await at().set(key, same, { expected: one, ttl: MINUTE })
    expect(await at().set(key, entry(), { expected: one, ttl: MINUTE })).toBeUndefined()
    expect(await at().get(key)).toMatchObject({ version: two })
  })

  test('is written by one of many who expect the same', async () => {
    const key = randomUUID()
    const expected = await at().set(key, entry(), { expected: undefined, ttl: MINUTE })
    const candidates = Array.from({ length: 20 }, () => entry())
    const versions = await Promise.all(candidates.map((one) => at().set(key, one, { expected, ttl: MINUTE })))
    const winners = versions.filter((version) => version !== undefined)
    expect(winners).toHaveLength(1)
    expect(await at().get(key)).toMatchObject({
      entry: candidates[versions.indexOf(winners[0])],
      version: winners[0],
    })
  })

  test('is forgotten after its time, and can then be written as if there had been none', async () => {
    const key = randomUUID()
    await at().set(key, entry(), { expected: undefined, ttl: 30 })
    await until(
      () => at().get(key),
      (found) => found === undefined,
    )
    expect(await at().set(key, entry(), { expected: undefined, ttl: MINUTE })).toBeDefined()
  })
}

function leases(at: () => TokenStore): void {
  test('is had by one of many who ask at once, the others learn when it ends', async () => {
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 20 }, () => at().lease(key, exclusive(5000), 0)))
    expect(answers.filter((answer) => 'release' in answer)).toHaveLength(1)
    for (const answer of answers) {
      if ('release' in answer) expect(answer.startsIn).toBe(0)
      else {
        expect(answer.retryIn).toBeGreaterThan(4000)
        expect(answer.retryIn).toBeLessThanOrEqual(5000)
      }
    }
  })

  test('is of its key only, and has nothing to do with what is stored there', async () => {
    const [key, other] = [randomUUID(), randomUUID()]
    granted(await at().lease(key, exclusive(5000), 0))
    granted(await at().lease(other, exclusive(5000), 0))
    expect(await at().get(key)).toBeUndefined()
    expect(await at().set(key, entry(), { expected: undefined, ttl: MINUTE })).toBeDefined()
  })

  test('can be had by another as soon as it is released', async () => {
    const key = randomUUID()
    await granted(await at().lease(key, exclusive(5000), 0)).release()
    granted(await at().lease(key, exclusive(5000), 0))
  })

  test('ends by itself, for a holder who died', async () => {
    const key = randomUUID()
    const before = performance.now()
    granted(await at().lease(key, exclusive(60), 0))
    granted(
      await until(
        () => at().lease(key, exclusive(60), 0),
        (answer) => 'release' in answer,
      ),
    )
    // Stores count whole milliseconds.
    expect(performance.now() - before).toBeGreaterThanOrEqual(59)
  })

  test('that has ended is not released or renewed from under its next holder', async () => {
    const key = randomUUID()
    const late = granted(await at().lease(key, exclusive(30), 0))
    const next = granted(
      await until(
        () => at().lease(key, exclusive(5000), 0),
        (answer) => 'release' in answer,
      ),
    )
    expect(await late.renew()).toBe(false)
    await late.release()
    expect(await at().lease(key, exclusive(5000), 0)).not.toHaveProperty('release')
    await next.release()
  })

  test('that has ended is not renewed, though its key lives on in the leases of others', async () => {
    const key = randomUUID()
    const limits = [{ count: 2, per: 60 }]
    const first = granted(await at().lease(key, limits, 0))
    // From here on: the lease may have been granted late.
    const before = performance.now()
    const second = granted(await at().lease(key, limits, 0))
    await until(
      () => second.renew(),
      () => performance.now() - before > 70,
    )
    expect(await first.renew()).toBe(false)
  })

  test('that is renewed starts anew', async () => {
    const key = randomUUID()
    const lease = granted(await at().lease(key, exclusive(1000), 0))
    const refused = await until(
      () => at().lease(key, exclusive(1000), 0),
      (answer) => 'retryIn' in answer && answer.retryIn < 970,
    )
    expect(refused).not.toHaveProperty('release')
    expect(await lease.renew()).toBe(true)
    const again = await at().lease(key, exclusive(1000), 0)
    expect(again).toHaveProperty('retryIn')
    expect((again as LeaseRefusal).retryIn).toBeGreaterThan(970)
  })
}

function rates(at: () => TokenStore): void {
  const MANY = 5000

  test('lets so many start at once, and the next when the first is a period old', async () => {
    const key = randomUUID()
    const limits = [{ count: 3, per: 1000 }]
    const waits: number[] = []
    for (let i = 0; i < 7; i++) waits.push(granted(await at().lease(key, limits, MANY)).startsIn)
    expect(waits.slice(0, 3)).toEqual([0, 0, 0])
    for (const wait of waits.slice(3, 6)) {
      expect(wait).toBeGreaterThan(700)
      expect(wait).toBeLessThanOrEqual(1000)
    }
    expect(waits[6]).toBeGreaterThan(1700)
  })

  test('refuses who would have to wait longer than he will, says how long, and takes nothing from the others', async () => {
    const key = randomUUID()
    const limits = [{ count: 1, per: 2000 }]
    granted(await at().lease(key, limits, 0))
    for (let i = 0; i < 3; i++) {
      const refused = await at().lease(key, limits, 100)
      expect(refused).toHaveProperty('retryIn')
      expect((refused as LeaseRefusal).retryIn).toBeGreaterThan(1000)
      expect((refused as LeaseRefusal).retryIn).toBeLessThanOrEqual(2000)
    }
    expect(granted(await at().lease(key, limits, MANY)).startsIn).toBeLessThanOrEqual(2000)
  })

  test('keeps within all its limits at once', async () => {
    const key = randomUUID()
    const limits = [
      { count: 2, per: 100 },
      { count: 5, per: MINUTE },
    ]
    for (let i = 0; i < 5; i++) granted(await at().lease(key, limits, 1000))
    const refused = await at().lease(key, limits, 1000)
    expect(refused).toHaveProperty('retryIn')
    expect((refused as LeaseRefusal).retryIn).toBeGreaterThan(MINUTE - 5000)
  })

  test('gets back what is released', async () => {
    const key = randomUUID()
    const limits = [{ count: 2, per: 5000 }]
    granted(await at().lease(key, limits, 0))
    const second = granted(await at().lease(key, limits, 0))
    expect(await at().lease(key, limits, 0)).toHaveProperty('retryIn')
    await second.release()
    granted(await at().lease(key, limits, 0))
  })

  test('is kept by any number who ask at once', async () => {
    const key = randomUUID()
    const limits = [
      { count: 3, per: 100 },
      { count: 10, per: 1000 },
    ]
    const asked = performance.now()
    const all = await Promise.all(Array.from({ length: 30 }, () => at().lease(key, limits, MANY)))
    const spread = performance.now() - asked
    const starts = all.map((lease) => granted(lease).startsIn).sort((a, b) => a - b)
    for (const { count, per } of limits) {
      for (let i = count; i < starts.length; i++) {
        // Each is counted from when the store was asked, which took its time.
        expect((starts[i] as number) - (starts[i - count] as number)).toBeGreaterThan(per - spread - 1)
      }
    }
    expect(starts.at(-1)).toBeLessThanOrEqual(2301)
  })
}
