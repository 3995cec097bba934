import type { GuardOptions, Identity, Policy } from '@auth/core/verify'

/** A route that the suite asks a framework to serve, for every method. */
export interface GuardRoute {
  /** Such as `/labels`; exact. */
  readonly path: string
  /** One `requireAuth` after the other, in this order. */
  readonly guards: readonly { readonly policy: Policy; readonly options?: GuardOptions }[]
  /** What `requireScope` asks for, after the guards. Default: no `requireScope`. */
  readonly scopes?: readonly string[]
  /** Response headers that are set before the guards run, as CORS does. Default: none. */
  readonly headersBefore?: Readonly<Record<string, string>>
  /** What the route answers, as JSON with status 200. It gets the identity, `undefined` where there is none. */
  readonly handle: (identity: Identity | undefined) => unknown
  /** In place of `handle`: chunks of text, each to be sent as soon as it is there. */
  readonly stream?: () => AsyncIterable<string>
}

/** A server on 127.0.0.1. */
export interface ServedGuard {
  readonly port: number
  close(): Promise<void>
}

/** Serves routes with the framework and its guard, on plain HTTP. */
export type ServeGuard = (routes: readonly GuardRoute[]) => Promise<ServedGuard>

/** By the name of a case: why the framework cannot take part in it. */
export type Limits = Readonly<Record<string, string>>
