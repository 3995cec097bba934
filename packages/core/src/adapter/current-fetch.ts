import { builtin } from '../runtime/builtin.ts'
import type { Fetch } from './fetch-message.ts'

/**
 * The global fetch as it is at each call, so that what replaces it later (msw, a framework, undici's `install`) sees the
 * requests; any other fetch as it is.
 *
 * What replaces the global fetch may call us in turn: a call from within is sent by the fetch that was given.
 */
export function currentFetch(given: Fetch): Fetch {
  if (given !== globalThis.fetch) return given
  const current: Fetch = (input, init) => {
    const now = globalThis.fetch
    // The usual case costs nothing.
    if (now === given || typeof now !== 'function' || isWithin(current)) return given(input, init)
    return within(current, () => now(input, init))
  }
  return current
}

interface Scope {
  readonly of: Fetch
  readonly outer: Scope | undefined
}

// Made with the first global fetch that was replaced; elsewhere than in Node and its like, only calls made at once are seen.
let storage: { getStore(): Scope | undefined; run<T>(scope: Scope, run: () => T): T } | undefined

function within<T>(of: Fetch, run: () => T): T {
  storage ??= scopes()
  return storage.run({ of, outer: storage.getStore() }, run)
}

function isWithin(fetch: Fetch): boolean {
  let scope = storage?.getStore()
  while (scope !== undefined && scope.of !== fetch) scope = scope.outer
  return scope !== undefined
}

function scopes(): NonNullable<typeof storage> {
  const AsyncLocalStorage = builtin('node:async_hooks')?.AsyncLocalStorage
  if (AsyncLocalStorage !== undefined) return new AsyncLocalStorage<Scope>()
  let scope: Scope | undefined
  return {
    getStore: () => scope,
    run(inner, run) {
      const outer = scope
      scope = inner
      try {
        return run()
      } finally {
        scope = outer
      }
    },
  }
}
