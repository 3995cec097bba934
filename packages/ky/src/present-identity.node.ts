import type { PresentIdentity } from '@auth/core/adapter'
import { dispatcherFor, type Undici } from '@auth/core/node'
import type { Dispatcher } from 'undici'

// By a name in a variable, which bundlers leave alone: undici is seven times as large as all the rest, and for
// certificates only. A bundle finds it in node_modules when it runs.
const UNDICI: string = 'undici'

export const presentIdentity: PresentIdentity = dispatcherFor(
  () => import(/* webpackIgnore: true */ /* @vite-ignore */ UNDICI) as Promise<Undici<Dispatcher>>,
)
