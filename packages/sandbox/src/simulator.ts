import type { RequestListener } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { CarrierOptions, Strategy } from '@auth/core'
import type { Account, Accounts } from './accounts.ts'
import type { FaultSwitches } from './faults.ts'
import type { CertificateAuthority } from './pki.ts'
import type { Counters, ObservedRequest, Recorder } from './recorder.ts'
import type { SandboxClock, TokenRegistry } from './token-registry.ts'
import type { Webhooks } from './webhook.ts'

/**
 * Steers a carrier from a test. `account` is a user name, client id or public key; without it, the first account is
 * meant.
 */
export interface Control<Credentials> {
  /** Live. */
  readonly counters: Readonly<Counters>
  readonly faults: FaultSwitches
  /** Revokes the tokens of one account; without `account`, every token issued so far. */
  revoke(account?: string): void
  /** Replaces the account's secret. The old one is rejected at once, tokens stay valid. Returns the new credentials. */
  rotate(account?: string): Credentials
  /** Rejects right credentials like wrong ones: for one hour at Posti, elsewhere until `unlock()`. */
  lock(account?: string): void
  unlock(account?: string): void
  /** Opens a further account. `settings` are the carrier's own, where it has any. */
  createAccount(settings?: object): Promise<Credentials>
  /** Changes the account's settings in the carrier's portal, where the carrier has any. */
  change?(settings: object, account?: string): void
  /** The carrier's portal: signs a certificate signing request (PEM) and returns the certificate, PEM. */
  submitCsr?(csr: string, account?: string): Promise<string>
  /** Sends signed events, where the carrier's signatures are known: Sendcloud, EasyPost and Shippo. */
  readonly webhooks?: Webhooks
}

/** A carrier on loopback; `credentials` and `options` fit the carrier's factory in `@auth/core`. */
export interface Simulator<Credentials, Options, C extends Control<Credentials> = Control<Credentials>> {
  /** The current ones: after `rotate()` the new ones. */
  readonly credentials: Credentials
  readonly options: Options
  /** The carrier's id, such as `nz-post`. */
  readonly id: string
  /** The carrier's strategy for the current credentials; `options` are added to those above. */
  strategy(options?: CarrierOptions): Strategy
  /** Origin of the API. */
  readonly baseUrl: string
  readonly control: C
}

/** What a carrier's own file makes; the sandbox adds the rest. */
export type Started<S> = Omit<S, 'id' | 'strategy'>

/** What a carrier is built from. */
export interface SimulatorContext {
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
  book: Accounts<A>,
): Pick<Control<unknown>, 'counters' | 'faults' | 'revoke' | 'lock' | 'unlock'> {
  return {
    counters,
    faults: switches,
    revoke: (account) => tokens.revoke(account === undefined ? undefined : book.select(account).id),
    lock: (account) => {
      book.select(account).locked = true
    },
    unlock: (account) => {
      book.select(account).locked = false
    },
  }
}

/** A simulator whose carrier does not matter: what the control interface steers. */
export type AnySimulator = Pick<
  Simulator<object, object, Control<object>>,
  'id' | 'credentials' | 'options' | 'baseUrl'
> & {
  readonly control: Control<object>
}
