import { ConfigurationError } from '@auth/core/errors'
import axios, { type AxiosRequestConfig } from 'axios'

/** How axios sends a request: by one of its own adapters, or by a function of the user's. */
export type Transport = 'http' | 'fetch' | 'xhr' | 'fetch function' | 'own'

/** The adapter that axios will choose. */
export function transportOf(adapter: AxiosRequestConfig['adapter']): Transport {
  const candidates: unknown[] = Array.isArray(adapter) ? adapter : [adapter ?? axios.defaults.adapter].flat()
  for (const candidate of candidates) {
    // axios passes over these.
    if (candidate === null || candidate === false) continue
    if (typeof candidate === 'function') return kindOf(candidate)
    const name = String(candidate).toLowerCase()
    if (name === 'fetch') return name
    // axios passes over what does not exist in this runtime.
    if (name === 'xhr' && 'XMLHttpRequest' in globalThis) return name
    if (name === 'http' && adapterNamed(name) !== undefined) return name
  }
  return 'own'
}

/**
 * Checks that credentials can be kept on their origin.
 *
 * @throws ConfigurationError for what follows redirects out of reach, with the credentials on.
 */
export function checkTransport(transport: Transport): void {
  if (transport === 'xhr') {
    throw new ConfigurationError(
      'adapter',
      "must be 'fetch' or 'http': axios' xhr adapter follows redirects with the credentials on",
    )
  }
  if (transport === 'fetch function') {
    throw new ConfigurationError(
      'adapter',
      "must be 'fetch' rather than the function from getAdapter('fetch'), which follows redirects with the credentials " +
        'on; its environment is the option `env`',
    )
  }
}

/** A function of axios' own, which `axios.getAdapter` hands out, is known by its name or by its text. */
function kindOf(adapter: object): Transport {
  const name = 'adapterName' in adapter ? adapter.adapterName : undefined
  if (name === 'http' || name === 'xhr') return name
  const fetchAdapter = adapterNamed('fetch')
  const isFetch = name === 'fetch' || fetchAdapter === adapter || String(fetchAdapter) === String(adapter)
  return isFetch ? 'fetch function' : 'own'
}

function adapterNamed(name: string): unknown {
  if (!named.has(name)) named.set(name, find(name))
  return named.get(name)
}

const named = new Map<string, unknown>()

function find(name: string): unknown {
  try {
    return (axios.getAdapter as (name: string) => unknown)(name)
  } catch {
    return undefined
  }
}
