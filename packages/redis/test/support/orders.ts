import type { RateLimit, StrategyStatus } from '@auth/core'
import type { ClientKind } from './clients.ts'

export interface Setting {
  readonly kind: ClientKind
  readonly ports: readonly number[]
  readonly encryptionKey?: string
}

/** What the parent asks of a process. */
export type Order =
  | {
      readonly do: 'open'
      readonly account: string
      readonly password?: string
      readonly tokenEndpoint: string
      readonly timeout?: number
      readonly budget?: readonly RateLimit[]
    }
  | { readonly do: 'call'; readonly account: string; readonly times?: number }
  /** The API answers a call that carries `token` with 401. */
  | { readonly do: 'refused'; readonly account: string; readonly token: string }
  | { readonly do: 'reset' | 'status'; readonly account: string }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'events' }

export interface Report {
  readonly tokens?: readonly string[]
  readonly failures?: readonly { readonly code: string; readonly retryIn: number }[]
  readonly tookMs?: number
  readonly recovered?: boolean
  readonly status?: StrategyStatus
  readonly events?: readonly string[]
  readonly error?: string
}
