import type { TlsIdentity } from '../layer.ts'

/** Makes one thing for each identity object and origin, and forgets it together with the identity. */
export function perIdentity<T>(make: (identity: TlsIdentity, origin: string) => T): typeof make {
  const made = new WeakMap<TlsIdentity, Map<string, T>>()
  return (identity, origin) => {
    const byOrigin = made.get(identity) ?? new Map<string, T>()
    made.set(identity, byOrigin)
    const thing = byOrigin.get(origin) ?? make(identity, origin)
    byOrigin.set(origin, thing)
    return thing
  }
}
