import type { Strategy } from '@auth/core'

export interface Tls {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** An HTTP client in both of the ways that are compared; each call reads one JSON document. */
export interface Client {
  readonly name: string
  /** As its users configure it by themselves: a static header, and TLS by the client's own options. */
  plain(url: string, authorization: string, tls: Tls | undefined): () => Promise<unknown>
  /** Wrapped by our adapter. */
  wrapped(url: string, strategy: Strategy): () => Promise<unknown>
}
