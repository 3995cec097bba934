import type { AuthEvent, CarrierAbout, Strategy, TlsIdentity } from '@auth/core'
import type { Ledger } from '../memory/ledger.ts'
import type { Identity } from './certificate.ts'
import type { Finding } from './check.ts'

/** What the strategy sends and hears while the doctor watches. */
export interface Observed {
  readonly events: AuthEvent[]
}

/** A strategy, and what there is to know about it. */
export interface Subject {
  readonly strategy: Strategy
  readonly observed: Observed
  /** `false`: the strategy tells its events to somebody else. */
  readonly watched: boolean
  readonly tokenOrigin?: string | undefined
  readonly about?: CarrierAbout | undefined
  /** What to look at when the API refuses the credentials. */
  readonly hint?: string | undefined
  readonly environment?: string | undefined
  readonly trust: TlsIdentity
  readonly ledger: Ledger
  /** Whether getting ready would send a login now; nothing is sent to find out. */
  wouldLogIn?(): Promise<boolean>
}

/** What the configuration leads to. */
export interface Prepared {
  readonly name: string
  readonly configuration: Finding
  readonly identity?: Identity | undefined
  /** None when the configuration is at fault. */
  readonly subject?: Subject
  /** Values that must not be shown. */
  readonly secrets: readonly string[]
}
