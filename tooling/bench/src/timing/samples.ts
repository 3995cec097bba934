import type { Sample, Samples } from './interleave.ts'

/** The sample of one contender. */
export function sampleOf(samples: Samples, name: string): Sample {
  const sample = samples.get(name)
  if (sample === undefined) throw new Error(`there is no contender ${name}`)
  return sample
}

/** CPU time of one contender. */
export const cpuOf = (samples: Samples, name: string): readonly number[] => sampleOf(samples, name).cpu
