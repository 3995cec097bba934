import type { Strategy } from '@auth/core'
import type { AxiosAdapter, AxiosRequestConfig, InternalAxiosRequestConfig } from 'axios'

export type Adapter = AxiosRequestConfig['adapter']

/** Makes a strategy's adapter around another one; the same adapter for the same one within. */
export type MakeAdapter = (inner: Adapter) => AxiosAdapter

/** How an adapter of ours was made. */
interface Link {
  readonly strategy: Strategy
  readonly inner: Adapter
  readonly make: MakeAdapter
  /** The larger, the later the strategy was added. */
  readonly place: number
}

const links = new WeakMap<AxiosAdapter, Link>()
let places = 0

/**
 * Returns what puts a strategy's adapter into the chain of those that a request passes. The strategy that was added
 * last is the first to be asked, whatever the order of the interceptors: axios runs them last to first.
 */
export function joinChain(strategy: Strategy, make: MakeAdapter): (adapter: Adapter) => AxiosAdapter {
  const place = ++places
  const around = remembering(make, (made, inner) => links.set(made, { strategy, inner, make: around, place }))
  const insert = (adapter: Adapter): AxiosAdapter => {
    const link = linkOf(adapter)
    return link !== undefined && link.place > place ? link.make(insert(link.inner)) : around(adapter)
  }
  // A configuration that was given up before it was sent still has our adapter when it is sent again. It would be
  // authenticated, and replayed, twice.
  return (adapter) => insert(isAuthenticatedBy(adapter, strategy) ? innermost(adapter) : adapter)
}

function isAuthenticatedBy(adapter: Adapter, strategy: Strategy): boolean {
  const link = linkOf(adapter)
  return link !== undefined && (link.strategy === strategy || isAuthenticatedBy(link.inner, strategy))
}

function innermost(adapter: Adapter): Adapter {
  const link = linkOf(adapter)
  return link === undefined ? adapter : innermost(link.inner)
}

/** Whether it is the adapter of another strategy. */
export const isOurs = (adapter: Adapter): boolean => linkOf(adapter) !== undefined

const linkOf = (adapter: Adapter): Link | undefined => (typeof adapter === 'function' ? links.get(adapter) : undefined)

/** Puts back the user's own adapter, so that a configuration that is sent again starts from the same point. */
export function restoreAdapter(config: InternalAxiosRequestConfig): void {
  const adapter = innermost(config.adapter)
  if (adapter === undefined) delete config.adapter
  else config.adapter = adapter
}

/** Makes one adapter for each that it stands around. axios copies its list of adapters for each request. */
function remembering(make: MakeAdapter, onMade: (made: AxiosAdapter, inner: Adapter) => void): MakeAdapter {
  const byFunction = new WeakMap<AxiosAdapter, AxiosAdapter>()
  let last: { readonly inner: Adapter; readonly made: AxiosAdapter } | undefined
  const makeNew = (inner: Adapter): AxiosAdapter => {
    const made = make(inner)
    onMade(made, inner)
    return made
  }
  return (inner) => {
    if (typeof inner === 'function') {
      const made = byFunction.get(inner) ?? makeNew(inner)
      byFunction.set(inner, made)
      return made
    }
    if (last === undefined || !alike(inner, last.inner)) last = { inner, made: makeNew(inner) }
    return last.made
  }
}

function alike(one: Adapter, other: Adapter): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((candidate, i) => candidate === other[i])
}
