import type { Contender } from '../timing/interleave.ts'
import type { Checker } from './checker.ts'
import type { Issuer } from './issuer.ts'
import { probeChecker } from './probe.ts'

/** A checker under a stream of tokens, each a fresh string, as a request brings it. */
export function checking(checker: Checker, issuer: Issuer, next: () => Buffer, name = checker.name): Contender {
  const { check } = checker
  return {
    name,
    probe: () => probeChecker(checker, issuer),
    async run(times) {
      for (let i = 0; i < times; i++) {
        const party = check(next().toString('latin1'))
        if (party instanceof Promise) await party
      }
    },
  }
}

export function pool(issuer: Issuer, size: number): Buffer[] {
  return Array.from({ length: size }, (_, i) => issuer.issue(`party-${i % 50}`))
}
