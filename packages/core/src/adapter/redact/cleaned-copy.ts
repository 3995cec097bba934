import type { AttachedValues } from './attached-values.ts'
import { isPool, setPool } from './shared-agents.ts'
import { isInternal, standIn } from './stand-in.ts'

// Enough for what clients put on errors; what else hangs on one may lead through a whole application.
const MAX_OBJECTS = 10_000
// What the caller sent or received as content is left as it is.
const CONTENT = new Set<PropertyKey>(['data', 'body', 'rawBody'])
const HAS_CONTENT = new Set<PropertyKey>(['config', 'options', 'request', 'response'])

/**
 * Yields a value without what was attached: the value itself where it shows nothing, else a copy of it. Objects that a
 * copy would break (requests, connections, agents, instances of other classes) are replaced by stand-ins. `keep` lists
 * objects that are neither looked into nor copied.
 */
export function cleaner(
  attached: AttachedValues,
  keep: readonly unknown[],
): (value: unknown, key?: PropertyKey) => unknown {
  const kept = new Set(keep)
  const copies = new Map<object, object>()
  const clean = (value: unknown, key: PropertyKey = ''): unknown => {
    if (typeof value === 'string') return attached.found(value) ? attached.erase(value) : value
    if (typeof value !== 'object' || value === null || kept.has(value) || CONTENT.has(key)) return value
    const dirty = dirtyIn(value, key, attached, kept)
    if (dirty.size === 0) return value
    return copyOf(value)
    function copyOf(item: unknown): unknown {
      if (typeof item === 'string') return attached.found(item) ? attached.erase(item) : item
      if (typeof item !== 'object' || item === null || !dirty.has(item)) return item
      const made = copies.get(item)
      if (made !== undefined) return made
      const copy = shellOf(item) ?? standIn(item, (read) => clean(read))
      copies.set(item, copy)
      fill(copy, item, attached, copyOf)
      return copy
    }
  }
  return clean
}

/** The objects that have to be replaced: those that show something, and all that lead to them. */
function dirtyIn(root: object, rootKey: PropertyKey, attached: AttachedValues, kept: Set<unknown>): Set<object> {
  const parents = new Map<object, object[]>([[root, []]])
  const dirty = new Set<object>()
  const waiting: [object, PropertyKey][] = [[root, rootKey]]
  const mark = (item: object): void => {
    if (dirty.has(item)) return
    dirty.add(item)
    for (const parent of parents.get(item) ?? []) mark(parent)
  }
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [owner, ownerKey] = next
    if (isInternal(owner)) {
      mark(owner)
      continue
    }
    for (const [key, value] of membersOf(owner)) {
      if (CONTENT.has(key) && HAS_CONTENT.has(ownerKey)) continue
      if (typeof key === 'string' && attached.isOurs(key.toLowerCase(), value)) mark(owner)
      else if (typeof value === 'string') {
        if (attached.found(value)) mark(owner)
      } else if (typeof value === 'object' && value !== null && !kept.has(value)) {
        const known = parents.get(value)
        if (dirty.has(value)) mark(owner)
        if (known !== undefined) known.push(owner)
        else if (parents.size < MAX_OBJECTS) {
          parents.set(value, [owner])
          waiting.push([value, key])
        }
      }
    }
  }
  return dirty
}

function* membersOf(owner: object): Generator<[PropertyKey, unknown]> {
  if (ArrayBuffer.isView(owner)) return
  if (isHeaders(owner)) return yield* owner
  if (owner instanceof URL) return yield ['href', owner.href]
  if (owner instanceof Map) for (const [key, value] of owner) yield [typeof key === 'string' ? key : '', value]
  if (owner instanceof Set) for (const value of owner) yield ['', value]
  if (tagOf(owner) === '[object Request]' || tagOf(owner) === '[object Response]') {
    for (const key of ['headers', 'url']) yield [key, Reflect.get(owner, key)]
  }
  if (Array.isArray(owner)) {
    // Raw headers: names and values in turn.
    for (let i = 1; i < owner.length; i++) if (typeof owner[i - 1] === 'string') yield [owner[i - 1], owner[i]]
  }
  for (const key of keysOf(owner)) {
    const property = dataProperty(owner, key)
    if (property !== undefined) yield [key, property.value]
  }
}

/** An empty object of the same kind; `undefined` for a kind that cannot be made here. */
function shellOf(item: object): object | undefined {
  if (Array.isArray(item)) return []
  if (item instanceof URL) return new URL(item)
  if (isHeaders(item)) return new (item.constructor as new (headers: object) => object)(item)
  const prototype: object | null = Object.getPrototypeOf(item)
  if (item instanceof Error) return Object.setPrototypeOf(new Error(), prototype)
  if (prototype === Map.prototype) return new Map()
  if (prototype === Set.prototype) return new Set()
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return isPlain || tagOf(item) === '[object AxiosHeaders]' ? Object.create(prototype) : undefined
}

function fill(copy: object, item: object, attached: AttachedValues, copyOf: (value: unknown) => unknown): void {
  const isOurs = (key: unknown, value: unknown): boolean =>
    typeof key === 'string' && attached.isOurs(key.toLowerCase(), value)
  if (Array.isArray(copy)) {
    const list = item as unknown[]
    for (let i = 0; i < list.length; i++) {
      if (isOurs(list[i], list[i + 1])) i++
      else copy.push(copyOf(list[i]))
    }
  } else if (copy instanceof URL) {
    copy.href = attached.erase(copy.href)
  } else if (isHeaders(copy)) {
    for (const [name, value] of item as Iterable<[string, string]>) {
      if (isOurs(name, value)) copy.delete(name)
    }
  } else if (copy instanceof Map) {
    for (const [key, value] of item as Map<unknown, unknown>) if (!isOurs(key, value)) copy.set(key, copyOf(value))
  } else if (copy instanceof Set) {
    for (const value of item as Set<unknown>) copy.add(copyOf(value))
  } else if (shellOf(item) !== undefined) {
    for (const key of Reflect.ownKeys(item)) {
      const property = dataProperty(item, key)
      if (property === undefined) Object.defineProperty(copy, key, { ...Object.getOwnPropertyDescriptor(item, key) })
      else if (isPool(property.value)) setPool(copy, key, property.value)
      else if (!isOurs(key, property.value)) {
        Object.defineProperty(copy, key, { ...property, configurable: true, value: copyOf(property.value) })
      }
    }
  }
}

/** What some way of printing shows. */
export function keysOf(value: object): PropertyKey[] {
  const keys = Reflect.ownKeys(value)
  return value instanceof Error && !keys.includes('stack') && Object.hasOwn(value, 'stack') ? [...keys, 'stack'] : keys
}

/** A property with a value; `stack` counts as one, of which `Error.captureStackTrace` makes an accessor. */
export function dataProperty(owner: object, key: PropertyKey): PropertyDescriptor | undefined {
  if (key === 'stack' && owner instanceof Error) {
    return { value: Reflect.get(owner, key), enumerable: false, configurable: true, writable: true }
  }
  const property = Object.getOwnPropertyDescriptor(owner, key)
  return property !== undefined && 'value' in property ? property : undefined
}

interface HeadersLike extends Iterable<[string, string]> {
  delete(name: string): void
}

function isHeaders(value: object): value is HeadersLike {
  return tagOf(value) === '[object Headers]' && Symbol.iterator in value && 'delete' in value
}

const tagOf = (value: object): string => Object.prototype.toString.call(value)
