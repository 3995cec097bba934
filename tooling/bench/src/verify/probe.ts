import type { Checker } from './checker.ts'
import { forge, type Issuer } from './issuer.ts'

/**
 * Proves that a checker names the party of a token, again when it has seen the token before, and refuses a forged one.
 *
 * @throws Error saying what it does instead.
 */
export async function probeChecker({ check }: Checker, issuer: Pick<Issuer, 'issue'>): Promise<void> {
  const token = issuer.issue('probe')
  for (let i = 0; i < 2; i++) {
    const party = await check(token.toString())
    if (party !== 'probe') throw new Error(`it names ${party}`)
  }
  const forged = forge(token).toString()
  for (let i = 0; i < 2; i++) {
    const party = await Promise.resolve()
      .then(() => check(forged))
      .catch(() => undefined)
    if (party !== undefined) throw new Error('it accepts a forged token')
  }
}
