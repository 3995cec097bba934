/** Something that is timed beside others that do the same. */
export interface Contender {
  readonly name: string
  /** Proves that it does what will be timed. Rejects when it does not. */
  probe(): void | Promise<void>
  /** Does it so many times. */
  run(times: number): void | Promise<void>
}

export interface Timing {
  readonly rounds: number
  /** ms that one contender runs in one round. */
  readonly block: number
  /** Which time: of the wall, or what the main thread has computed, which other processes do not disturb. */
  readonly clock?: Clock
  readonly progress: (text: string) => void
}

/** ms. */
export type Clock = () => number

export const wallClock: Clock = () => performance.now()

export const threadClock: Clock = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** ms for one operation, by contender, one for each round. */
export type Samples = ReadonlyMap<string, readonly number[]>

/**
 * Times the contenders round by round, each round in another order, so that whatever the machine does beside hits all
 * of them alike. Every contender is probed before the clock starts.
 *
 * @throws Error naming the contender whose probe fails.
 */
export async function interleave(contenders: readonly Contender[], timing: Timing): Promise<Samples> {
  const { rounds, block, clock = threadClock, progress } = timing
  for (const contender of contenders) await probed(contender)
  const plan: { contender: Contender; times: number; sample: number[] }[] = []
  for (const contender of contenders) {
    plan.push({ contender, times: await calibrate(contender, block, clock), sample: [] })
  }
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`)
    for (let i = 0; i < plan.length; i++) {
      const { contender, times, sample } = plan[(i + round) % plan.length] as (typeof plan)[number]
      const start = clock()
      await contender.run(times)
      sample.push((clock() - start) / times)
    }
  }
  return new Map(plan.map(({ contender, sample }) => [contender.name, sample]))
}

async function probed({ name, probe }: Contender): Promise<void> {
  try {
    await probe()
  } catch (error) {
    throw new Error(`${name} does not do what is to be timed`, { cause: error })
  }
}

/** How often it runs in a block; runs it warm on the way. */
async function calibrate({ run }: Contender, block: number, clock: Clock): Promise<number> {
  for (let times = 1; ; ) {
    const start = clock()
    await run(times)
    const took = clock() - start
    if (took >= block / 2) return Math.max(1, Math.round((times * block) / took))
    times = Math.ceil(times * Math.min(10, Math.max(2, block / Math.max(took, 0.01))))
  }
}
