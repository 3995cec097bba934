export type CheckState = 'pass' | 'warn' | 'fail' | 'skipped' | 'inconclusive'

/** One link of the chain, as it is printed. */
export interface Check {
  readonly id: string
  readonly state: CheckState
  /** What was found, in a line. */
  readonly summary: string
  /** What to do about it, in a line; `null` when there is nothing to do. */
  readonly fix: string | null
}

/** What one step found. */
export interface Finding {
  readonly state: CheckState
  readonly summary: string
  readonly fix?: string | undefined
}

export interface Step {
  readonly id: string
  /** Whether it sends anything. */
  readonly online?: true
  look(): Finding | Promise<Finding>
}

/** Takes the steps in order. What comes after the first that fails, or cannot be decided, follows from it. */
export async function chain(steps: readonly Step[], offline: boolean, done: (check: Check) => void): Promise<Check[]> {
  const checks: Check[] = []
  let root: string | undefined
  for (const { id, online, look } of steps) {
    const { state, summary, fix } =
      root !== undefined
        ? skipped(`depends on: ${root}`)
        : online === true && offline
          ? skipped('nothing is sent with --offline')
          : await look()
    if (state === 'fail' || state === 'inconclusive') root = id
    const check: Check = { id, state, summary, fix: fix ?? null }
    checks.push(check)
    done(check)
  }
  return checks
}

export const pass = (summary: string): Finding => ({ state: 'pass', summary })
export const warn = (summary: string, fix: string): Finding => ({ state: 'warn', summary, fix })
export const fail = (summary: string, fix: string): Finding => ({ state: 'fail', summary, fix })
export const inconclusive = (summary: string, fix: string): Finding => ({ state: 'inconclusive', summary, fix })
export const skipped = (summary: string, fix?: string): Finding => ({ state: 'skipped', summary, fix })
