import type { Samples } from './interleave.ts'

/** The sample of one contender. */
export function sampleOf(samples: Samples, name: string): readonly number[] {
  const sample = samples.get(name)
  if (sample === undefined) throw new Error(`there is no contender ${name}`)
  return sample
}
