import type { AuthEvent, Strategy, TokenStore } from '@auth/core'
import { carriers } from '@auth/core/carriers'
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

/** The carriers that issue tokens: those whose description has a token request. */
export const CARRIERS: readonly CarrierProperty[] = carriers
  .filter(({ about }) => about.token !== undefined)
  .map(({ name }) => name as CarrierProperty)

const SETTINGS: SandboxOptions = { easypostConnect: { keyType: 'ec' }, sendcloud: { useOAuth2: true } }

export async function onStage(
  name: CarrierProperty,
  common: CommonOptions = {},
  settings: object = {},
  clock?: ManualClock,
): Promise<OnStage> {
  const staged = await stage(name, { ...SETTINGS[name], ...settings }, clock)
  const another = (options: CommonOptions = {}) =>
    strategyFor(name, staged.sandbox, { clock: staged.clock, ...common, ...options })
  const strategy = another()
  const { baseUrl, control, options } = simulatorOf(staged.sandbox, name)
  return {
    ...staged,
    control: control as Control<unknown>,
    strategy,
    another,
    fetch: withAuth(fetch, strategy),
    url: `${baseUrl}/echo`,
    tokenEndpoint: String(Reflect.get(options, 'tokenEndpoint') ?? `${baseUrl}/oauth/v2/token`),
  }
}

interface AnySimulator {
  readonly credentials: object
  readonly options: object
  readonly baseUrl: string
  readonly control: unknown
}

function simulatorOf(sandbox: Sandbox<CarrierProperty>, name: CarrierProperty): AnySimulator {
  return sandbox[name]
}

/** Secrets are read when they are needed: what a rotation leaves behind is never used again. */
function strategyFor(
  name: CarrierProperty,
  sandbox: Sandbox<CarrierProperty>,
  common: CommonOptions & { clock: ManualClock },
): Strategy {
  const carrier = carriers.find((one) => one.name === name)
  if (carrier === undefined) throw new Error(`there is no ${name}`)
  const simulator = simulatorOf(sandbox, name)
  const credentials = Object.entries(simulator.credentials).map(([credential, value]) => {
    return [credential, typeof value === 'string' ? () => Reflect.get(simulator.credentials, credential) : value]
  })
  return carrier.create(Object.fromEntries(credentials), { ...simulator.options, ...common })
}

/** What the carrier's description says of its token request. */
export function wireOf(name: CarrierProperty): {
  readonly namesLifetime: boolean
  readonly tokenInBody: boolean
  readonly secretInBody: boolean
  readonly secretInHeader: boolean
} {
  const { request = [], answer } = carriers.find((carrier) => carrier.name === name)?.about.token ?? {}
  return {
    namesLifetime: Object.hasOwn(Object(answer?.body), 'expires_in'),
    tokenInBody: answer?.body !== undefined,
    secretInBody: request.some((line) => line.includes('client_secret')),
    secretInHeader: request.some((line) => line.startsWith('authorization:')),
  }
}
