import type { RequestListener } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Account } from './accounts.ts'
import type { FaultSwitches } from './faults.ts'
import type { CertificateAuthority } from './pki.ts'
import type { Counters, ObservedRequest, Recorder } from './recorder.ts'
import type { SandboxClock, TokenRegistry } from './token-registry.ts'

/** What the test holds in its hand to steer a carrier. */
export interface Control<Credentials> {
  /** Live. */
  readonly counters: Readonly<Counters>
  readonly faults: FaultSwitches
  /** Revokes every token issued so far. */
  revoke(): void
  /** Replaces the account's secret; the old one is refused at once, tokens stay valid. Returns the new credentials. */
  rotate(): Credentials
  /** Refuses right credentials like wrong ones: for one hour at Posti, elsewhere until `unlock()`. */
  lock(): void
  unlock(): void
  /** Opens a further account. */
  createAccount(): Promise<Credentials>
}

/** A carrier on loopback; `credentials` and `options` fit the carrier's factory in `@auth/core`. */
export interface Simulator<Credentials, Options, C extends Control<Credentials> = Control<Credentials>> {
  /** The current ones: after `rotate()` the new ones. */
  readonly credentials: Credentials
  readonly options: Options
  /** Origin of the API. */
  readonly baseUrl: string
  readonly control: C
}

/** What a carrier is built from. */
export interface CarrierContext {
  readonly clock: SandboxClock
  readonly authority: CertificateAuthority
  readonly onRequest: ((request: ObservedRequest) => void) | undefined
  /** Starts a TLS listener and returns its origin. */
  listen(handler: RequestListener, tls?: ServerOptions): Promise<string>
}

/** The parts of the control that are the same everywhere. */
export function baseControl<A extends Account>(
  { counters, switches }: Recorder,
  tokens: TokenRegistry,
  account: A,
): Pick<Control<unknown>, 'counters' | 'faults' | 'revoke' | 'lock' | 'unlock'> {
  return {
    counters,
    faults: switches,
    revoke: () => tokens.revoke(),
    lock: () => {
      account.locked = true
    },
    unlock: () => {
      account.locked = false
    },
  }
}
