import { createHash, pbkdf2Sync } from 'node:crypto'
import type { StoredEntry, TokenStore } from '@auth/core'

/** What the carrier said to the logins of an account that this program has tried. */
export interface Ledger {
  /** The rejection of these very credentials, while it stands. */
  standing(): Promise<{ readonly retryAt: number; readonly message: string } | undefined>
  /** How many logins of the account were rejected in a row, with whichever credentials, within the window. */
  rejected(): Promise<number>
  rejectedAgain(message: string, retryAt?: number): Promise<void>
  accepted(): Promise<void>
  /** Forgets the rejection of these credentials, not how many there were. */
  forget(): Promise<void>
}

export interface LedgerOptions {
  readonly store: TokenStore
  /** Names the account, such as carrier and user name; not a secret. */
  readonly account: string
  /** What is sent to log in. */
  readonly credentials: string
  /** ms that a rejection stands. */
  readonly window: number
  readonly now?: () => number
}

// Whoever reads the store may not guess the credentials from a key.
const ITERATIONS = 100_000

/** A ledger in a token store, so that a fleet and the runs of this program share it. */
export function ledger({ store, account, credentials, window, now = Date.now }: LedgerOptions): Ledger {
  const public_ = createHash('sha256').update(`carrier-auth ledger v1\n${account}`).digest()
  const accountKey = `ledger.${public_.toString('base64url')}`
  let key: string | undefined
  const credentialKey = (): string => {
    key ??= `${accountKey}.${pbkdf2Sync(credentials, public_, ITERATIONS, 16, 'sha256').toString('base64url')}`
    return key
  }
  const write = async (at: string, next: (before: StoredEntry | undefined) => StoredEntry): Promise<void> => {
    for (let attempt = 0; attempt < 3; attempt++) {
      const found = await store.get(at)
      if ((await store.set(at, next(found?.entry), { expected: found?.version, ttl: window })) !== undefined) return
    }
  }
  return {
    async standing() {
      const failure = (await store.get(credentialKey()))?.entry?.failure
      return failure !== undefined && failure.retryAt > now() ? failure : undefined
    },
    rejected: async () => (await store.get(accountKey))?.entry?.rejections ?? 0,
    async rejectedAgain(message, retryAt = now() + window) {
      const failure = { code: 'ERR_AUTH_CREDENTIALS_REJECTED', message, retryAt } as const
      await write(credentialKey(), () => ({ writtenAt: now(), failure }))
      await write(accountKey, (before) => ({ writtenAt: now(), rejections: (before?.rejections ?? 0) + 1 }))
    },
    async accepted() {
      if ((await store.get(credentialKey())) !== undefined) await write(credentialKey(), () => ({ writtenAt: now() }))
      if ((await store.get(accountKey)) !== undefined) await write(accountKey, () => ({ writtenAt: now() }))
    },
    forget: () => write(credentialKey(), () => ({ writtenAt: now() })),
  }
}
