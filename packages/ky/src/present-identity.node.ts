import type { Strategy } from '@auth/core'
import type { PresentIdentity } from '@auth/core/adapter'
import { dispatcherFor, requireUndici, type Undici } from '@auth/core/node'
import type { Dispatcher } from 'undici'

// By a name in a variable, which bundlers leave alone: undici is seven times as large as all the rest, and for
// certificates only. A bundle finds it in node_modules when it runs.
const UNDICI: string = 'undici'

export const presentIdentity: PresentIdentity = dispatcherFor(
  () => import(/* webpackIgnore: true */ /* @vite-ignore */ UNDICI) as Promise<Undici<Dispatcher>>,
)

/** @throws ConfigurationError for a strategy with a certificate, or `ca`, where undici is not installed. */
export function checkIdentity(strategy: Strategy): void {
  // CommonJS bundles have no `import.meta`: there the first call says so.
  if (typeof import.meta.resolve === 'function') requireUndici(strategy, () => import.meta.resolve(UNDICI))
}
