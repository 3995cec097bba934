import { selectorOf } from './carrier.ts'
import type { CarrierAbout } from './carrier-about.ts'
import type { AnyCarrierProfile, Deployment } from './carrier-profile.ts'
import type { Strategy } from './strategy.ts'

/** A carrier as tools see it: its factory, the data behind it and the description. */
export interface Carrier {
  /** File name, URL, command line: `nz-post`. */
  readonly id: string
  /** The factory's name: `nzPost`. */
  readonly name: string
  readonly title: string
  readonly profile: AnyCarrierProfile
  readonly about: CarrierAbout
  readonly environments: Readonly<Record<string, Deployment>>
  /** The environment that is meant without an option. */
  readonly standard: string
  /** The option that selects an environment; none where there is nothing to select. */
  readonly selectedBy: string | undefined
  /** The factory, without its types. */
  create(credentials: object, options?: object): Strategy
}

/** @param factory What `defineCarrier` made. */
export function carrier(name: string, factory: { readonly profile: object }, about: CarrierAbout): Carrier {
  const profile = factory.profile as AnyCarrierProfile
  return {
    id: profile.id,
    name,
    title: about.title,
    profile,
    about,
    environments: profile.environments ?? {},
    standard: profile.standard ?? 'production',
    selectedBy: selectorOf(profile),
    create: factory as unknown as Carrier['create'],
  }
}
