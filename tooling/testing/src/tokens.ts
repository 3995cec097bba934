import type { AccessToken, TokenSource, TokenSourceControl } from '@auth/core'

/** A token source that is told what to do, so that a case can hold, change and refuse tokens at will. */
export interface TestTokens extends TokenSource, TokenSourceControl {
  /** What is handed out from now on. */
  current: string
  /** Thrown instead of handing out a token. */
  failure: Error | undefined
  /** How often a token was asked for. */
  readonly asked: number
  /** Which tokens were reported as refused. */
  readonly refused: readonly string[]
  /** What is handed out once `current` was refused; without it a refusal is final. */
  next: string | undefined
  /** From now on tokens are waited for, until the returned function is called. */
  hold(): () => void
}

export function testTokens(current = 'first-token-0001'): TestTokens {
  const refused: string[] = []
  let asked = 0
  let held: Promise<void> | undefined
  const token = (): AccessToken => {
    if (tokens.failure !== undefined) throw tokens.failure
    return { value: tokens.current, expiresAt: Number.POSITIVE_INFINITY, lifetime: Number.POSITIVE_INFINITY }
  }
  const tokens: TestTokens = {
    current,
    next: undefined,
    failure: undefined,
    get asked() {
      return asked
    },
    refused,
    token() {
      asked += 1
      return held === undefined ? token() : held.then(token)
    },
    async reject(value) {
      refused.push(value)
      if (value === tokens.current && tokens.next !== undefined) tokens.current = tokens.next
      return value !== tokens.current
    },
    hold() {
      let release = (): void => {}
      held = new Promise((resolve) => {
        release = () => {
          held = undefined
          resolve()
        }
      })
      return release
    },
    status: () => ({ state: 'fresh' }),
    reset: async () => {},
  }
  return tokens
}
