import { Agent } from 'undici'

/** A fetch of the caller's own that trusts an authority everywhere, where the strategy's anchors are for its origins. */
export function trusting(ca: string): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect: { ca } })
  return (input, init) => fetch(input, { dispatcher, ...init } as RequestInit)
}
