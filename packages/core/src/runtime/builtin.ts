/** The Node modules that are used where they exist, and done without elsewhere. */
interface Builtins {
  'node:async_hooks': typeof import('node:async_hooks')
  'node:crypto': typeof import('node:crypto')
  'node:net': typeof import('node:net')
  'node:http': typeof import('node:http')
  'node:https': typeof import('node:https')
  'node:stream': typeof import('node:stream')
  'node:tls': typeof import('node:tls')
  'node:zlib': typeof import('node:zlib')
}

/** A module of the Node runtime, or `undefined` on another: no import statement, so bundles for browsers stay whole. */
export function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] | undefined {
  return globalThis.process?.getBuiltinModule?.(id) as Builtins[Id] | undefined
}
