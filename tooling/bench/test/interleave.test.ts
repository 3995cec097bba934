import { expect, test } from 'vitest'
import { type Contender, interleave, type RemoteContender } from '../src/timing/interleave.ts'
import { pairedRatio, quantile, spread } from '../src/timing/statistics.ts'

const timing = { rounds: 4, block: 1, progress: () => {} }

test('each contender runs once in a round, in another order each time', async () => {
  let runs: string[] = []
  const contender = (name: string): Contender => ({
    name,
    probe() {},
    async run() {
      runs.push(name)
      const end = performance.now() + 1
      while (performance.now() < end);
    },
  })
  const samples = await interleave(['a', 'b', 'c'].map(contender), {
    ...timing,
    progress: (text) => {
      if (text.startsWith('round 1 ')) runs = []
    },
  })
  expect(runs.join('')).toBe('abcacbcabcba')
  for (const sample of samples.values()) {
    expect(sample.wall).toHaveLength(4)
    for (const wall of sample.wall) expect(wall).toBeGreaterThanOrEqual(1)
  }
})

test('of one that runs in another process, the figures are those that it says', async () => {
  const remote: RemoteContender = {
    name: 'remote',
    probe() {},
    time: async (times) => ({ wall: times, cpu: 3 * times }),
  }
  const samples = await interleave([remote], timing)
  expect(samples.get('remote')).toEqual({ wall: [1, 1, 1, 1], cpu: [3, 3, 3, 3] })
})

test('no clock starts for a contender whose probe fails', async () => {
  let ran = false
  const good: Contender = {
    name: 'good',
    probe() {},
    run() {
      ran = true
    },
  }
  const bad: Contender = { ...good, name: 'bad', probe: () => Promise.reject(new Error('it attaches nothing')) }
  await expect(interleave([good, bad], timing)).rejects.toThrow('bad does not do what is to be timed')
  expect(ran).toBe(false)
})

test('statistics', () => {
  expect(quantile([3, 1, 2], 0.5)).toBe(2)
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(quantile([1, 2], 1)).toBe(2)
  expect(() => quantile([], 0.5)).toThrow(RangeError)
  expect(pairedRatio([2, 20, 6], [1, 10, 2])).toBe(2)
  expect(spread([9, 10, 11])).toBeCloseTo(0.05)
})
