import type { Credentials } from '../../layer.ts'
import { type AttachedValues, attachedValues } from './attached-values.ts'
import { hide } from './hide.ts'

// As deep as `util.inspect` is ever asked to go, and then some.
const MAX_DEPTH = 16
// What the caller sent or received as content is his own.
const CONTENT = new Set<PropertyKey>(['data', 'body', 'rawBody'])

/**
 * Removes from an error that a client threw what was attached to its request: header fields by name and value, query
 * parameters from URLs, and the bare values from messages, stacks and every other text that `JSON.stringify` or
 * `util.inspect` would show, down the chain of causes. Fields are removed rather than masked, so that a retry plugin
 * that sends the request again sends no mask. Connections and agents serve other requests too, and are hidden from
 * inspection instead. What is in `own` is the caller's, never had anything attached, and stays as it is.
 */
export function redactError(
  error: unknown,
  credentials: Credentials | readonly Credentials[],
  own: readonly object[] = [],
): void {
  const all = 'length' in credentials ? credentials : [credentials]
  const attached = attachedValues(all)
  if (attached !== undefined) visit(error, attached, new Set(own), 0, false)
}

function visit(value: unknown, attached: AttachedValues, seen: Set<object>, depth: number, inMessage: boolean): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || depth > MAX_DEPTH) return
  seen.add(value)
  if (ArrayBuffer.isView(value)) return
  if (isHeaders(value)) {
    for (const [name, text] of [...value])
      if (attached.isOurs(name.toLowerCase(), text)) quietly(() => value.delete(name))
    return
  }
  if (value instanceof URL) {
    if (attached.found(value.href)) value.href = attached.erase(value.href)
    return
  }
  if (value instanceof Map) {
    for (const [key, item] of value) {
      if (typeof key === 'string' && attached.isOurs(key.toLowerCase(), item)) value.delete(key)
      else visit(item, attached, seen, depth + 1, inMessage)
    }
  }
  const tag = Object.prototype.toString.call(value)
  if (tag === '[object Request]' && 'headers' in value) visit(value.headers, attached, seen, depth + 1, inMessage)
  const within = inMessage || 'on' in value
  if (Array.isArray(value)) removeFromRaw(value, attached)
  for (const key of keysOf(value)) visitProperty(value, key, attached, seen, depth, within)
}

function visitProperty(
  owner: object,
  key: PropertyKey,
  attached: AttachedValues,
  seen: Set<object>,
  depth: number,
  inMessage: boolean,
): void {
  const property = key === 'stack' ? stackOf(owner) : Object.getOwnPropertyDescriptor(owner, key)
  if (property === undefined || !('value' in property) || CONTENT.has(key)) return
  const { value } = property
  if (typeof key === 'string' && attached.isOurs(key.toLowerCase(), value)) {
    quietly(() => Reflect.deleteProperty(owner, key))
  } else if (typeof value === 'string') {
    if (attached.found(value)) {
      quietly(() => Object.defineProperty(owner, key, { ...property, value: attached.erase(value) }))
    }
  } else if (isShared(value)) {
    // What is enumerable on a configuration has to stay so: whoever sends it again copies what he sees.
    if (!inMessage) hide(value)
    else quietly(() => Object.defineProperty(owner, key, { ...property, enumerable: false }))
  } else {
    visit(value, attached, seen, depth + 1, inMessage)
  }
}

/** `Error.captureStackTrace` makes an accessor of it. */
function stackOf(error: object): PropertyDescriptor | undefined {
  if (!Object.hasOwn(error, 'stack')) return undefined
  return { value: Reflect.get(error, 'stack'), enumerable: false, configurable: true, writable: true }
}

/** What inspection shows: enumerable properties, and an error's own. */
function keysOf(value: object): PropertyKey[] {
  const keys = Reflect.ownKeys(value).filter((key) => Object.prototype.propertyIsEnumerable.call(value, key))
  return value instanceof Error ? [...new Set([...keys, 'message', 'stack', 'cause', 'errors'])] : keys
}

/** Raw headers: names and values in turn. */
function removeFromRaw(list: unknown[], attached: AttachedValues): void {
  for (let i = list.length - 1; i > 0; i--) {
    const name = list[i - 1]
    if (typeof name === 'string' && attached.isOurs(name.toLowerCase(), list[i])) list.splice(i - 1, 2)
  }
}

/** An agent or a socket: other requests use it at this very moment. */
function isShared(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return ('freeSockets' in value && 'requests' in value) || 'setKeepAlive' in value || 'dispatch' in value
}

interface HeadersLike extends Iterable<[string, string]> {
  delete(name: string): void
}

function isHeaders(value: object): value is HeadersLike {
  return Object.prototype.toString.call(value) === '[object Headers]' && Symbol.iterator in value && 'delete' in value
}

/** A frozen object keeps what it has; the error must still reach the caller. */
function quietly(change: () => unknown): void {
  try {
    change()
  } catch {}
}
