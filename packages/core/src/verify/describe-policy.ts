import { ConfigurationError } from '../errors.ts'
import type { Policy } from './decision.ts'
import { requirePolicy } from './policies/decide-safely.ts'
import type { SecurityScheme } from './security-scheme.ts'

/** What OpenAPI says about a policy. */
export interface PolicyDescription {
  /** For `components.securitySchemes`. */
  readonly securitySchemes: Readonly<Record<string, SecurityScheme>>
  /** For `security` of the document or of an operation: one object for each way in, each with all it takes. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
}

/**
 * Describes a policy for an OpenAPI 3.1 document: `allOf` is one object with several schemes, `anyOf` several objects.
 * That all schemes must name one party, and that `anyOf` refuses a wrong credential beside a good one, OpenAPI cannot say.
 *
 * @throws ConfigurationError for a policy of your own without a `shape`: it would look like no protection at all.
 *
 * @example
 * const { securitySchemes, security } = describePolicy(anyOf(apiKey({ keys }), bearer(jwt({ … }))))
 * const document = { openapi: '3.1.1', components: { securitySchemes }, security, … }
 */
export function describePolicy(policy: Policy): PolicyDescription {
  const securitySchemes: Record<string, SecurityScheme> = {}
  const names = new Map<Policy, string>()

  const nameOf = (layer: Policy, name: string, scheme: SecurityScheme): string => {
    const known = names.get(layer)
    if (known !== undefined) return known
    let free = name
    // Two layers alike are one scheme; two of one name that differ are told apart by a number, as in the identity.
    for (let i = 2; free in securitySchemes && !alike(securitySchemes[free], scheme); i++) free = `${name}${i}`
    securitySchemes[free] = scheme
    names.set(layer, free)
    return free
  }
  /** The ways in, each as the names it takes. */
  const waysIn = (part: Policy): readonly (readonly string[])[] => {
    requirePolicy(part, 'policy')
    const { shape } = part
    if (shape === undefined) {
      throw new ConfigurationError(
        'policy',
        `${part.layers?.join(', ') || 'a policy of your own'} has no \`shape\`, so it cannot be described`,
      )
    }
    if ('scheme' in shape) return [[nameOf(part, shape.name, shape.scheme)]]
    if ('any' in shape) return shape.any.flatMap(waysIn)
    return shape.all
      .map(waysIn)
      .reduce((ways, further) => ways.flatMap((way) => further.map((more) => [...way, ...more])))
  }

  const ways = waysIn(policy).map((way) => [...new Set(way)])
  const distinct = new Map(ways.map((way) => [way.toSorted().join(' '), way]))
  return {
    securitySchemes,
    security: [...distinct.values()].map((way) => Object.fromEntries(way.map((name) => [name, []]))),
  }
}

const alike = (one: SecurityScheme | undefined, other: SecurityScheme): boolean =>
  JSON.stringify(one) === JSON.stringify(other)
