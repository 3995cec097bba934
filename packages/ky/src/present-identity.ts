import { ConfigurationError, type TlsIdentity } from '@auth/core'

type DispatcherOf = (identity: TlsIdentity, origin: string) => object

let loading: Promise<DispatcherOf> | undefined

/**
 * What tells Node's fetch to present an identity: an agent of undici, which is loaded with the first identity.
 *
 * @throws ConfigurationError in a runtime other than Node.
 */
export async function presentIdentity(identity: TlsIdentity, origin: string): Promise<{ dispatcher: object }> {
  loading ??= load()
  return { dispatcher: (await loading)(identity, origin) }
}

async function load(): Promise<DispatcherOf> {
  const { node, bun, deno } = globalThis.process?.versions ?? {}
  if (node === undefined || bun !== undefined || deno !== undefined) {
    throw new ConfigurationError('tls', 'a client certificate or trust anchors of its own need the fetch of Node')
  }
  const [{ dispatchers }, undici] = await Promise.all([import('@auth/core/node'), import('undici')])
  return dispatchers(undici)
}
