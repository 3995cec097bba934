import type { MaybePromise } from './lib/maybe-promise.ts'
import type { TokenSourceControl } from './token/token-source.ts'

/** A request as an adapter reduces it for the strategy. */
export interface AuthRequest {
  /** Absolute URL. */
  readonly url: string
  readonly method: string
  /** The headers that the caller set, names in lower case. An empty value says: leave this header alone. */
  readonly headers: Readonly<Record<string, string>>
  /** The caller's own signal: it ends this caller's wait for a token, and no other's. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A TLS identity: PEM texts, `cert` and `key` together. `ca` are trust anchors on top of the system's. The same object
 * is handed out as long as the identity stays the same, so that an adapter may keep its connections by it.
 */
export interface TlsIdentity {
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly ca?: string
}

/** What a request needs to be authenticated; the adapter copies the three onto its client's request. */
export interface Credentials {
  readonly headers?: Readonly<Record<string, string>>
  /** Query parameters to add to the URL. */
  readonly query?: Readonly<Record<string, string>>
  readonly tls?: TlsIdentity
}

/** The times of a token, epoch ms, as far as they are known. */
export interface TokenTimes {
  readonly at?: number | undefined
  readonly until?: number | undefined
}

/** One scheme tied to the credential it carries. */
export interface Layer {
  /** How the credential rides on the request: `basic`, `bearer`, `apiKey`, `queryKey`, `clientCertificate`. */
  readonly scheme: string
  /** The header it sets, in lower case. A header of the same name that the caller has set replaces the layer. */
  readonly header?: string
  /** Yields the credential; synchronous when nothing has to be fetched. */
  authorize(request: AuthRequest): MaybePromise<Credentials>
  /** Whether the credential on the rejected request `sent` has been, or can be, replaced by another. */
  recover?(sent: AuthRequest): MaybePromise<boolean>
  /** When the token on the request was issued and when it ends; `undefined` for a token that is not the latest. */
  tokenTimes?(sent: AuthRequest): TokenTimes | undefined
  /** When the client certificate ends, epoch ms; `undefined` where that is not known (yet). */
  certificateEnd?(): number | undefined
  /** Where the layer's token comes from, for `status()` and `reset()`. */
  readonly source?: TokenSourceControl
}
