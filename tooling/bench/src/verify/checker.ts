import type { IssuerKeys } from './issuer.ts'

/** Something that tells a good token from a bad one. */
export interface Checker {
  readonly name: string
  /** Whom the token names; throws or rejects for a token that is not good. */
  check(token: string): string | Promise<string>
}

/** Makes a checker; `remembered` is how many verified tokens it may keep, where it keeps any. */
export type MakeChecker = (keys: IssuerKeys, remembered: number) => Checker
