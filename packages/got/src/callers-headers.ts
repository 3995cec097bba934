import type { AuthRequest } from '@auth/core'
import type { RequestOptions } from './call.ts'

export type NativeHeaders = Readonly<Record<string, string | string[] | undefined>>

interface Target {
  readonly sent: NativeHeaders
  readonly options: RequestOptions
}

/**
 * The headers that the caller set, as a strategy takes them. One that he set to `undefined` is gone by now; got remembers
 * only whether one was, by name, so it shows when asked for.
 */
export function callersHeaders(sent: NativeHeaders, options: RequestOptions): AuthRequest['headers'] {
  return new Proxy<Target>({ sent, options }, HEADERS) as unknown as AuthRequest['headers']
}

const HEADERS: ProxyHandler<Target> = {
  get: headerOf,
  has: (target, name) => headerOf(target, name) !== undefined,
  ownKeys: ({ sent }) => Object.keys(sent).filter((name) => sent[name] !== undefined),
  getOwnPropertyDescriptor(target, name) {
    const value = headerOf(target, name)
    return value === undefined ? undefined : { value, enumerable: true, configurable: true }
  },
}

function headerOf({ sent, options }: Target, name: string | symbol): string | undefined {
  if (typeof name !== 'string') return undefined
  const value = Object.hasOwn(sent, name) ? sent[name] : undefined
  if (value !== undefined) return String(value)
  return options.isHeaderExplicitlySet(name) ? '' : undefined
}
