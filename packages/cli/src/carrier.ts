import { type Carrier, carriers } from '@auth/core/carriers'
import { EXIT, Failure } from './failure.ts'

/** @throws Failure with exit code 2 for a carrier that there is not. */
export function carrierNamed(id: string): Carrier {
  const found = carriers.find((carrier) => carrier.id === id)
  if (found === undefined) {
    const near = carriers.filter((carrier) => carrier.id.includes(id) || id.includes(carrier.id)).map((one) => one.id)
    const hint = near.length === 0 ? '`carrier-auth carriers` lists them' : `is it ${near.join(' or ')}?`
    throw new Failure(`there is no carrier ${JSON.stringify(id)}; ${hint}`, EXIT.usage)
  }
  return found
}

/** The token endpoint as the factory finds it; none where tokens come from the API, or not at all. */
export function tokenEndpointOf(carrier: Carrier, options: Readonly<Record<string, unknown>>): string | undefined {
  const { profile, environments, standard } = carrier
  if (typeof options.tokenEndpoint === 'string') return options.tokenEndpoint
  if (profile.deployment !== undefined) return profile.deployment(options).tokenEndpoint
  return environments[environmentOf(carrier, options) ?? standard]?.tokenEndpoint
}

/** The environment that is meant; `undefined` where there is nothing to select. */
export function environmentOf(
  { standard, selectedBy }: Carrier,
  options: Readonly<Record<string, unknown>>,
): string | undefined {
  return selectedBy === undefined ? undefined : String(options[selectedBy] ?? standard)
}
