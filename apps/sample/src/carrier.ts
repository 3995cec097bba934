import type { Layer, Strategy, TokenStore } from '@auth/core'
import type { CarrierId } from '@auth/core/carriers'
import type { CarrierProperty, Sandbox } from '@auth/sandbox'

/** One layer of a carrier, and what comes of a call without it, or with something else in its place. */
export interface LayerUnderTest {
  readonly name: string
  readonly right: Layer
  readonly whenMissing: string
  readonly wrong: readonly { readonly label: string; readonly layer: Layer; readonly result: string }[]
}

/** One account at one carrier. */
export interface Account {
  /** What a GET of it needs authentication for. */
  readonly url: string
  /** As an application makes it: the carrier's factory, its credentials, its options. */
  readonly strategy: Strategy
  readonly layers: readonly LayerUnderTest[]
  /** Some of the layers and no other, for the same hosts. */
  assemble(layers: readonly Layer[]): Strategy
  /** The same carrier with a secret that its token endpoint rejects; absent where there is no token endpoint. */
  wrongSecret?(): Promise<Strategy>
  /** Whether a carrier without an entry of its own has tokens. */
  readonly tokens?: boolean
  /** A carrier without an entry of its own, with secrets that were replaced. */
  wrong?(): Promise<Strategy>
}

export interface Carrier {
  readonly id: string
  readonly title: string
  /** Which of the sandbox's simulators it is. */
  readonly simulator: CarrierProperty
  /** `store`: where the strategies of the account share their token. */
  open(sandbox: Sandbox<CarrierId>, store: TokenStore): Promise<Account>
}
