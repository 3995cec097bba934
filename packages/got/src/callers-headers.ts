import type { AuthRequest } from '@auth/core'
import type { RequestOptions } from './call.ts'

export type NativeHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * The headers that the caller set, as a strategy takes them. One that he set to `undefined` is gone by now; got remembers
 * only whether one was, by name, so it shows when asked for.
 */
export function callersHeaders(sent: NativeHeaders, options: RequestOptions): AuthRequest['headers'] {
  // Inspection shows a proxy's target, which therefore holds nothing.
  return new Proxy({}, new CallersHeaders(sent, options))
}

class CallersHeaders implements ProxyHandler<Record<string, string>> {
  readonly #sent: NativeHeaders
  readonly #options: RequestOptions

  constructor(sent: NativeHeaders, options: RequestOptions) {
    this.#sent = sent
    this.#options = options
  }

  get(_: object, name: string | symbol): string | undefined {
    if (typeof name !== 'string') return undefined
    const value = Object.hasOwn(this.#sent, name) ? this.#sent[name] : undefined
    if (value !== undefined) return String(value)
    return this.#options.isHeaderExplicitlySet(name) ? '' : undefined
  }

  has(target: object, name: string | symbol): boolean {
    return this.get(target, name) !== undefined
  }

  ownKeys(): string[] {
    return Object.keys(this.#sent).filter((name) => this.#sent[name] !== undefined)
  }

  getOwnPropertyDescriptor(target: object, name: string | symbol): PropertyDescriptor | undefined {
    const value = this.get(target, name)
    return value === undefined ? undefined : { value, enumerable: true, configurable: true }
  }
}
