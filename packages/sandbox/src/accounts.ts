import { randomBytes } from 'node:crypto'

/** One customer of a carrier. */
export interface Account {
  /** User name, client id or public key. */
  readonly id: string
  secret: string
  /** Whether right credentials are refused like wrong ones. */
  locked: boolean
}

export interface Accounts<A extends Account> {
  add(account: A): A
  get(id: string): A | undefined
  all(): readonly A[]
  /**
   * The account of that name; the first without one.
   *
   * @throws UnknownAccountError
   */
  select(id?: string): A
  /** The account, if this is its secret and it is not locked. */
  verify(id: string, secret: string): A | undefined
}

/** The test names an account that was never opened. */
export class UnknownAccountError extends Error {
  constructor(id: string | undefined) {
    super(`account: there is no ${id}`)
    this.name = 'UnknownAccountError'
  }
}

export function accounts<A extends Account>(): Accounts<A> {
  const byId = new Map<string, A>()
  return {
    add: (account) => {
      byId.set(account.id, account)
      return account
    },
    get: (id) => byId.get(id),
    all: () => [...byId.values()],
    select(id) {
      const account = id === undefined ? byId.values().next().value : byId.get(id)
      if (account === undefined) throw new UnknownAccountError(id)
      return account
    },
    verify: (id, secret) => {
      const account = byId.get(id)
      return account !== undefined && !account.locked && account.secret === secret ? account : undefined
    },
  }
}

/** A name of its own for each account, so that no two sandboxes of one process share one. */
export function randomId(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`
}

export function randomSecret(): string {
  return randomBytes(24).toString('hex')
}
