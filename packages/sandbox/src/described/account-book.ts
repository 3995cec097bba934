import { UnknownAccountError } from '../accounts.ts'
import type { Values } from './template.ts'

/** One customer: credentials as the carrier's factory takes them. */
export interface DescribedAccount {
  credentials: Record<string, string | { cert: string; key: string }>
  locked: boolean
  /** Tokens issued to it: value, and epoch ms of its end. */
  readonly tokens: Map<string, number>
}

/** The accounts of one carrier. */
export interface AccountBook {
  add(credentials: DescribedAccount['credentials']): DescribedAccount
  all(): readonly DescribedAccount[]
  /** By any of its credentials that is a name; the first account without one. */
  select(name?: string): DescribedAccount
}

export function accountBook(): AccountBook {
  const accounts: DescribedAccount[] = []
  return {
    add(credentials) {
      const account = { credentials, locked: false, tokens: new Map<string, number>() }
      accounts.push(account)
      return account
    },
    all: () => accounts,
    select(name) {
      const found =
        name === undefined ? accounts[0] : accounts.find(({ credentials }) => Object.values(credentials).includes(name))
      if (found === undefined) throw new UnknownAccountError(name)
      return found
    },
  }
}

/** What fills the templates for an account. */
export function valuesOf({ credentials }: DescribedAccount, options: Readonly<Record<string, unknown>>): Values {
  const texts = Object.entries({ ...options, ...credentials }).filter(([, value]) => typeof value === 'string')
  return Object.fromEntries(texts) as Values
}
