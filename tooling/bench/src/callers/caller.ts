import type { RemoteAccount } from '../loopback/authority.ts'

/** A client with authentication that recovers from a 401, as its users would set it up. */
export interface Caller {
  readonly name: string
  /** One request to the API; the status of what comes back in the end. */
  call(): Promise<number>
}

export type MakeCaller = (account: RemoteAccount) => Caller
