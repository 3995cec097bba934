import type { Strategy } from '@auth/core'
import type { AxiosAdapter, AxiosRequestConfig, InternalAxiosRequestConfig } from 'axios'

export type Adapter = AxiosRequestConfig['adapter']

/** What an adapter of ours stands around, and for whom. */
interface Link {
  readonly inner: Adapter
  readonly strategy: Strategy
}

const links = new WeakMap<AxiosAdapter, Link>()

export function remember(adapter: AxiosAdapter, link: Link): void {
  links.set(adapter, link)
}

/**
 * What the strategy's adapter is to hand requests to. A configuration that was given up before it was sent still has
 * that adapter when it is sent again, and would be authenticated, and replayed, twice.
 */
export function withoutAuth(adapter: Adapter, strategy: Strategy): Adapter {
  return isAuthenticatedBy(adapter, strategy) ? innermost(adapter) : adapter
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

/** Puts back the user's own adapter, so that whoever sends this configuration again starts from the same point. */
export function restoreAdapter(config: InternalAxiosRequestConfig): void {
  const adapter = innermost(config.adapter)
  if (adapter === undefined) delete config.adapter
  else config.adapter = adapter
}
