/** Whether it is a pool of connections, by which other requests are sent at this very moment. */
export function isPool(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return ('freeSockets' in value && 'requests' in value) || 'dispatch' in value
}

/**
 * Puts a pool of the application's on an object of ours so that it can be read and copied, by a retry plugin for
 * example, and is not printed: as a getter, and left out of JSON.
 */
export function setPool(owner: object, name: PropertyKey, pool: object): void {
  let current: unknown = pool
  Object.defineProperty(owner, name, {
    get: () => current,
    set: (value: unknown) => {
      current = value
    },
    enumerable: true,
    configurable: true,
  })
  if (!Object.hasOwn(owner, 'toJSON')) Object.defineProperty(owner, 'toJSON', TO_JSON)
}

/**
 * The configuration with its pools behind getters; the very object where it has none of these members.
 */
export function withoutPools<T extends object>(config: T, names: readonly (keyof T)[]): T {
  const pools = names.filter((name) => isPool(config[name]))
  if (pools.length === 0) return config
  const copy: T = Object.create(Object.getPrototypeOf(config), Object.getOwnPropertyDescriptors(config))
  for (const name of pools) setPool(copy, name, config[name] as object)
  return copy
}

const TO_JSON: PropertyDescriptor = {
  value(this: object): object {
    const shown = Object.entries(this).map(([name, value]) => [
      name,
      isPool(value) ? `[${value.constructor.name}]` : value,
    ])
    return Object.fromEntries(shown)
  },
  enumerable: false,
  configurable: true,
  writable: true,
}
