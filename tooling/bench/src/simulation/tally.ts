/** What happened between two moments. */
export interface Tally {
  readonly name: string
  readonly from: number
  readonly to: number
  calls: number
  blocked: number
  failed: number
  expired: number
  /** ms. */
  longestWait: number
  readonly tokenRequests: PerSecond
  readonly storeOperations: PerSecond
}

/** Counts by second. */
export class PerSecond {
  readonly #seconds = new Map<number, number>()
  total = 0

  add(ms: number): void {
    const second = Math.floor(ms / 1000)
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1)
    this.total++
  }

  get peak(): number {
    return Math.max(0, ...this.#seconds.values())
  }
}

export function tally(name: string, from: number, to: number): Tally {
  return {
    name,
    from,
    to,
    calls: 0,
    blocked: 0,
    failed: 0,
    expired: 0,
    longestWait: 0,
    tokenRequests: new PerSecond(),
    storeOperations: new PerSecond(),
  }
}

const COLUMNS: readonly (readonly [string, (tally: Tally, seconds: number) => string])[] = [
  ['minutes', (_, seconds) => (seconds / 60).toFixed(0)],
  ['calls', ({ calls }) => String(calls)],
  ['token requests', ({ tokenRequests }) => String(tokenRequests.total)],
  ['  mean /s', ({ tokenRequests }, seconds) => (tokenRequests.total / seconds).toFixed(2)],
  ['  peak /s', ({ tokenRequests }) => String(tokenRequests.peak)],
  ['  peak to mean', ({ tokenRequests }, seconds) => ratio(tokenRequests.peak, tokenRequests.total / seconds)],
  ['blocked callers', ({ blocked }) => String(blocked)],
  ['  longest wait ms', ({ longestWait }) => longestWait.toFixed(0)],
  ['failed calls', ({ failed }) => String(failed)],
  ['expired tokens sent', ({ expired }) => String(expired)],
  ['store operations', ({ storeOperations }) => String(storeOperations.total)],
  ['  mean /s', ({ storeOperations }, seconds) => (storeOperations.total / seconds).toFixed(1)],
  ['  peak /s', ({ storeOperations }) => String(storeOperations.peak)],
]

/** A table with a column for each tally. */
export function table(tallies: readonly Tally[]): string {
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(20) + cells.map((cell) => cell.padStart(14)).join('')
  return [
    line(
      '',
      tallies.map(({ name }) => name),
    ),
    ...COLUMNS.map(([name, cell]) =>
      line(
        name,
        tallies.map((one) => cell(one, (one.to - one.from) / 1000)),
      ),
    ),
  ].join('\n')
}

function ratio(peak: number, mean: number): string {
  return mean === 0 ? '-' : (peak / mean).toFixed(0)
}
