import type { Strategy } from '@auth/core'

export interface Tls {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

/** Yields the value of the Authorization header; that of another token when the last was refused. */
export type Authorization = (refused?: boolean) => Promise<string>

/** An HTTP client in each of the ways that are compared; each call reads one JSON document. */
export interface Client {
  readonly name: string
  /** As its users configure it by themselves: a static header, and TLS by the client's own options. */
  plain(url: string, authorization: string, tls: Tls | undefined): () => Promise<unknown>
  /** As its users write it with the client's own hooks: the header of the day, and once more after a 401. */
  handWritten(url: string, authorization: Authorization, tls: Tls | undefined): () => Promise<unknown>
  /** Wrapped by our adapter. */
  wrapped(url: string, strategy: Strategy): () => Promise<unknown>
}
