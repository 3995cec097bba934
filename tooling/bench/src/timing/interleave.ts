/** Something that is timed beside others that do the same. */
export interface Contender {
  readonly name: string
  /** Proves that it does what will be timed. Rejects when it does not. */
  probe(): void | Promise<void>
  /** Does it so many times. */
  run(times: number): void | Promise<void>
}

/** One that does it in another process. */
export interface RemoteContender extends Omit<Contender, 'run'> {
  /** Does it so many times, and says what that took there. */
  time(times: number): Promise<Took>
}

type AnyContender = Contender | RemoteContender

/** ms, of the clock on the wall and of a main thread's computing. */
export interface Took {
  readonly wall: number
  readonly cpu: number
}

export interface Timing {
  /** How often each does it before the clock starts, all of them at once. Default: not at all. */
  readonly warmUp?: number
  readonly rounds: number
  /** ms that one contender runs in one round; CPU time is counted in steps of 4 ms. */
  readonly block: number
  /**
   * Which ms: of the wall, for those that wait for others, or of the main thread, for those that only compute; on a busy
   * machine these would hardly get to run in a block of the wall. Default `wall`.
   */
  readonly by?: keyof Sample
  readonly progress: (text: string) => void
}

/** ms for one operation, one for each round. */
export interface Sample {
  /** Of the clock on the wall. */
  readonly wall: number[]
  /** That the main thread computed for: what other processes take from it does not count. */
  readonly cpu: number[]
}

/** By contender. */
export type Samples = ReadonlyMap<string, Sample>

/**
 * Times the contenders round by round, each round in another order, so that whatever the machine does beside hits all
 * of them alike. Every contender is probed before the clock starts.
 *
 * @throws Error naming the contender whose probe fails.
 */
export async function interleave(contenders: readonly AnyContender[], timing: Timing): Promise<Samples> {
  const { warmUp, rounds, block, by = 'wall', progress } = timing
  for (const contender of contenders) await probed(contender)
  if (warmUp !== undefined) await Promise.all(contenders.map((contender) => time(contender, warmUp)))
  const plan: { contender: AnyContender; times: number; sample: Sample }[] = []
  for (const contender of contenders) {
    progress(`${contender.name}: warming up`)
    plan.push({ contender, times: await calibrate(contender, block, by), sample: { wall: [], cpu: [] } })
  }
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`)
    for (const { contender, times, sample } of inOrderOf(round, plan)) {
      const { wall, cpu } = await time(contender, times)
      sample.wall.push(wall / times)
      sample.cpu.push(cpu / times)
    }
  }
  return new Map(plan.map(({ contender, sample }) => [contender.name, sample]))
}

/** Another one first in each round, and every other round backwards: nobody always runs on what somebody left behind. */
function inOrderOf<T>(round: number, plan: readonly T[]): T[] {
  const first = round % plan.length
  const order = [...plan.slice(first), ...plan.slice(0, first)]
  return round % 2 === 0 ? order : order.reverse()
}

function time(contender: AnyContender, times: number): Promise<Took> {
  return 'time' in contender ? contender.time(times) : stopwatch(() => contender.run(times))
}

/** What something takes in this process. */
export async function stopwatch(run: () => void | Promise<void>): Promise<Took> {
  const cpuStart = process.threadCpuUsage()
  const start = performance.now()
  await run()
  const wall = performance.now() - start
  const { user, system } = process.threadCpuUsage(cpuStart)
  return { wall, cpu: (user + system) / 1000 }
}

async function probed({ name, probe }: AnyContender): Promise<void> {
  try {
    await probe()
  } catch (error) {
    throw new Error(`${name} does not do what is to be timed`, { cause: error })
  }
}

/** How often it runs in a block; runs it warm on the way. */
async function calibrate(contender: AnyContender, block: number, by: keyof Sample): Promise<number> {
  for (let times = 1; ; times *= 2) {
    // The shortest of three: a stall of the machine, or code that is not compiled yet, must not make the blocks tiny.
    const runs = [await time(contender, times), await time(contender, times), await time(contender, times)]
    const took = Math.min(...runs.map(({ [by]: run }) => run))
    if (took >= block / 2) return Math.max(1, Math.round((times * block) / took))
  }
}
