import type { RequestOptions as NativeOptions } from 'node:https'

/**
 * What strategies have attached to a request so far. It is kept on the request's options, which got copies on their way
 * from one request function to the next. Printed, it shows nothing.
 */
export class Attached {
  readonly #options: NativeOptions
  /** Names in lower case. */
  readonly headers: readonly string[]
  readonly hasIdentity: boolean

  constructor(options: NativeOptions, headers: readonly string[], hasIdentity: boolean) {
    this.#options = options
    this.headers = headers
    this.hasIdentity = hasIdentity
  }

  /** Beside the headers: the path with query keys, what presents an identity. */
  get options(): NativeOptions {
    return this.#options
  }
}

export const ATTACHED = Symbol('@auth/got')

export interface WithAttached {
  [ATTACHED]?: Attached | undefined
}
