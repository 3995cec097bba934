import { type Carrier as Description, carriers as descriptions } from '@auth/core/carriers'
import type { CarrierProperty, DescribedSimulator } from '@auth/sandbox'
import type { Carrier } from './carrier.ts'

/** The carriers that nothing but their description is known of here: every description without an own entry. */
export function described(own: readonly Carrier[]): Carrier[] {
  const known = new Set(own.map(({ simulator }) => simulator))
  return descriptions.filter(({ name }) => !known.has(name as CarrierProperty)).map(entry)
}

function entry(description: Description): Carrier {
  const { id, name, title, about } = description
  const simulator = name as CarrierProperty
  return {
    id,
    title,
    simulator,
    async open(sandbox, store) {
      const { control, strategy, baseUrl, credentials, options } = sandbox[simulator] as DescribedSimulator
      const path = about.api[0]?.[0]?.split(' ')[1]?.split('?')[0] ?? '/'
      return {
        url: `${baseUrl}${path}`,
        strategy: strategy({ store }),
        layers: [],
        assemble: () => strategy({ store }),
        tokens: about.token !== undefined,
        async wrong() {
          // Right in form, and nobody's any more.
          const others = await control.createAccount()
          const old = secretsOf(others)
          control.rotate(Object.values(old).find((value) => typeof value === 'string'))
          return description.create({ ...credentials, ...old }, { ...options, store })
        },
      }
    },
  }
}

function secretsOf(credentials: DescribedSimulator['credentials']): object {
  const isName = (name: string): boolean =>
    /id$|user(?:name)?$|number$|name$/i.test(name) && !/password|key/i.test(name)
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => !isName(name)))
}
