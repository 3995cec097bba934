import { describe } from 'vitest'
import { behaviourCases } from './cases/behaviour.ts'
import { catalogueCases } from './cases/catalogue.ts'
import { failureCases } from './cases/failures.ts'
import type { Limits, ServeGuard } from './guard-route.ts'

export type { Limits } from './guard-route.ts'

export interface DescribeGuardOptions {
  /** Cases that are left out, with the reason, which then shows in the case's name. Default: none. */
  readonly limits?: Limits
}

/**
 * Holds a framework's guard to what all of them hold: for the same request the same status, challenges, body and events
 * as a bare server of Node with `guard`, and no attack of the catalogue gets through.
 *
 * @example
 * describeGuard('express', async (routes) => {
 *   const app = express()
 *   for (const { path, guards, handle } of routes) {
 *     const handlers = guards.map(({ policy, options }) => requireAuth(policy, options))
 *     app.all(path, ...handlers, (request, response) => response.json(handle(findIdentity(request)) ?? null))
 *   }
 *   const server = app.listen(0, '127.0.0.1')
 *   …
 * })
 */
export function describeGuard(name: string, serve: ServeGuard, { limits = {} }: DescribeGuardOptions = {}): void {
  describe(`${name}: what every guard holds`, () => {
    behaviourCases(serve, limits)
    failureCases(serve, limits)
    catalogueCases(serve, limits)
  })
}
