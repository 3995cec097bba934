/** An answer of the carrier. `{name}` in a text stands for a credential, an option, `{token}` or `{now}` (epoch ms). */
export interface WireAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, member order included, or a text as it is. */
  readonly body?: unknown
}

/**
 * A request as it leaves: `METHOD /path?query`, the headers that authenticate it (`name: value`), then after an empty
 * line the body. `{name}` stands for a credential, an option or `{token}`; `base64(…)` for its Base64.
 */
export type WireRequest = readonly string[]

/** What a refusal leads to. */
export type RefusalEffect =
  /** The credentials are remembered as rejected, and not sent again. */
  | 'rejected'
  /** Nobody asks before the time that the answer, or the carrier's documents, name. */
  | 'throttled'
  /** Asked again a few times, with waits in between. */
  | 'unavailable'
  /** A new token, and the request once more. */
  | 'recovered'
  /** The application gets the answer; it costs no token. */
  | 'passed'

/** One way in which the carrier says no. */
export interface CarrierRefusal extends WireAnswer {
  readonly at: 'token' | 'api'
  /** What it means, in a sentence. */
  readonly means: string
  readonly effect: RefusalEffect
  /** ms until the token endpoint is asked again, where the answer itself does not say. */
  readonly penalty?: number
  /** False where the answer is taken from one source, or is what such gateways usually say. */
  readonly confirmed?: false
}

/** What people and tools read about a carrier: the page, the doctor, the simulator, the tests. Strategies do without. */
export interface CarrierAbout {
  readonly title: string
  /** The documents that the profile was written from. */
  readonly sources: readonly string[]
  /** The day they were read, such as `2026-11-21`. */
  readonly read: string
  /** Where in the carrier's portal each credential is found. */
  readonly credentials: Readonly<Record<string, string>>
  /** The token request and its answer, to the letter. */
  readonly token?: { readonly request: WireRequest; readonly answer: WireAnswer }
  /** What is attached to API requests; more than one where paths or modes differ. */
  readonly api: readonly WireRequest[]
  /** Options of the strategies whose wire form this is, beside hosts. */
  readonly options?: Readonly<Record<string, unknown>>
  readonly refusals?: readonly CarrierRefusal[]
  /** A request that changes nothing and needs the credentials. */
  readonly probe?: { readonly method: 'GET'; readonly path: string }
  readonly limits?: readonly string[]
  /** What no document says, or where documents disagree. */
  readonly open?: readonly string[]
  /** What has changed, or will. */
  readonly changes?: readonly { readonly since?: string; readonly until?: string; readonly what: string }[]
}
