import type { AuthRequest } from '@auth/core'

/** Something that keeps a token and puts it on requests: ours, or what a team would take in its place. */
export interface Keeper {
  readonly name: string
  /** Authenticates a request as this keeper does it, and yields the value of the Authorization header. */
  attach(request: AuthRequest): string | Promise<string>
}

/** Makes a keeper of tokens from this endpoint, which takes {@link CLIENT}. */
export type MakeKeeper = (tokenEndpoint: string) => Keeper

/** Where the requests go; nothing is sent there. */
export const API = 'https://api.carrier.example'

export const CLIENT = { id: 'client', secret: 'secret-of-the-client' }
