import type { Strategy } from '@auth/core'

/** One call, in words that every client knows. */
export interface Call {
  /** Absolute, or relative to `baseUrl` where the client has one. */
  readonly url: string | URL
  /** Default `GET`. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Any body that the client takes. */
  readonly body?: unknown
  /** A value for the client's own way of sending JSON. */
  readonly json?: unknown
  readonly signal?: AbortSignal
  /** `manual`: hand over the redirect itself. Default `follow`. */
  readonly redirect?: 'follow' | 'manual'
  /** Leave the Authorization header off this call, in the client's own way. */
  readonly optOut?: boolean
}

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface ClientOptions {
  readonly baseUrl?: string
  /** How often the client, or the retry plugin that goes with it, repeats a request by itself. Default 0. */
  readonly retries?: number
  /** ms. */
  readonly timeout?: number
  /** A strategy that is added to the client after the first one. */
  readonly also?: Strategy
}

/** An authenticated client, behind one way of calling it. */
export interface TestClient {
  /** Settles with the answer, whatever its status. */
  send(call: Call): Promise<Answer>
  /** Rejects with the client's own error for a status of 400 and above. */
  sendOrThrow(call: Call): Promise<Answer>
  /** Yields the body while it arrives. */
  download(call: Call): Promise<AsyncIterable<Uint8Array>>
}

/** What a client's nature may forbid; the reason shows in the name of the case. */
export type Limit =
  | 'base-url'
  | 'body-at-call'
  | 'download-replay'
  | 'endless-refusal'
  | 'fresh-redirect'
  | 'retries'
  | 'status-errors'
  | 'timeout'
  | 'url-object'
  | `body: ${string}`

export interface ClientUnderTest {
  create(strategy: Strategy, options: ClientOptions): TestClient
  readonly limits?: Partial<Record<Limit, string>>
}
