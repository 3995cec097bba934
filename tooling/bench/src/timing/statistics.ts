/**
 * The value below which the given share of the sample lies.
 *
 * @throws RangeError for an empty sample.
 */
export function quantile(sample: readonly number[], share: number): number {
  if (sample.length === 0) throw new RangeError('an empty sample has no quantiles')
  const sorted = [...sample].sort((a, b) => a - b)
  const position = (sorted.length - 1) * share
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.ceil(position)] as number
  return low + (high - low) * (position - below)
}

export const median = (sample: readonly number[]): number => quantile(sample, 0.5)

/** Half of the sample lies within this far of the median, as a share of it. */
export function spread(sample: readonly number[]): number {
  return (quantile(sample, 0.75) - quantile(sample, 0.25)) / 2 / median(sample)
}

/** The median of the ratios that two contenders had in the same rounds: what slowed the machine down slowed both. */
export function pairedRatio(sample: readonly number[], baseline: readonly number[]): number {
  return median(sample.map((value, round) => value / (baseline[round] as number)))
}
