import {
  type AuthEvent,
  easypostConnect,
  machineToMachine,
  nzPost,
  posti,
  type Strategy,
  sendcloud,
  type TokenStore,
} from '@auth/core'
import { withAuth } from '@auth/fetch'
import type { CarrierProperty, Control, Sandbox, SandboxOptions } from '@auth/sandbox'
import type { ManualClock } from './clock.ts'
import { type Stage, stage } from './stage.ts'

/** The options that these tests use, for every carrier alike. */
export interface CommonOptions {
  readonly store?: TokenStore
  readonly onEvent?: (event: AuthEvent) => void
  readonly timeout?: number
}

/** A carrier and a client for it, without the carrier's particulars. */
export interface OnStage extends Stage<CarrierProperty> {
  readonly control: Control<unknown>
  readonly strategy: Strategy
  /** A further strategy for the same account. */
  another(options?: CommonOptions): Strategy
  readonly fetch: typeof globalThis.fetch
  /** An API path that echoes. */
  readonly url: string
  readonly tokenEndpoint: string
}

/** The carriers that issue tokens: all, Sendcloud with "Use OAuth2 authentication" on. */
export const CARRIERS: readonly CarrierProperty[] = [
  'easypostConnect',
  'posti',
  'nzPost',
  'sendcloud',
  'machineToMachine',
]

const SETTINGS: SandboxOptions = { easypostConnect: { keyType: 'ec' }, sendcloud: { useOAuth2: true } }

export async function onStage(
  id: CarrierProperty,
  common: CommonOptions = {},
  settings: object = {},
  clock?: ManualClock,
): Promise<OnStage> {
  const staged = await stage(id, { ...SETTINGS[id], ...settings }, clock)
  const another = (options: CommonOptions = {}) =>
    strategyFor(id, staged.sandbox, { clock: staged.clock, ...common, ...options })
  const strategy = another()
  const { baseUrl, control, options } = staged.sandbox[id]
  return {
    ...staged,
    control: control as Control<unknown>,
    strategy,
    another,
    fetch: withAuth(fetch, strategy),
    url: `${baseUrl}/echo`,
    tokenEndpoint: 'tokenEndpoint' in options ? options.tokenEndpoint : `${baseUrl}/oauth/v2/token`,
  }
}

/** Secrets are read when they are needed: what a rotation leaves behind is never used again. */
function strategyFor(id: CarrierProperty, sandbox: Sandbox, common: CommonOptions & { clock: ManualClock }): Strategy {
  switch (id) {
    case 'easypostConnect': {
      const { clientId, tls } = sandbox[id].credentials
      const clientSecret = () => sandbox[id].credentials.clientSecret
      const apiKey = () => sandbox[id].credentials.apiKey
      return easypostConnect({ clientId, clientSecret, apiKey, tls }, { ...sandbox[id].options, ...common })
    }
    case 'posti': {
      const { username } = sandbox[id].credentials
      const password = () => sandbox[id].credentials.password
      return posti({ username, password }, { ...sandbox[id].options, ...common })
    }
    case 'nzPost': {
      const { clientId } = sandbox[id].credentials
      const clientSecret = () => sandbox[id].credentials.clientSecret
      return nzPost({ clientId, clientSecret }, { ...sandbox[id].options, ...common })
    }
    case 'sendcloud': {
      const { publicKey } = sandbox[id].credentials
      const secretKey = () => sandbox[id].credentials.secretKey
      return sendcloud({ publicKey, secretKey }, { ...sandbox[id].options, ...common })
    }
    case 'machineToMachine': {
      const { clientId } = sandbox[id].credentials
      const clientSecret = () => sandbox[id].credentials.clientSecret
      return machineToMachine({ clientId, clientSecret }, { ...sandbox[id].options, ...common })
    }
  }
}
