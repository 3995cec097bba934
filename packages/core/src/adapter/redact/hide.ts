// The registered symbol that Node looks for, by which other runtimes go as well.
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Keeps an object of ours, or one that a client made, out of what `util.inspect` and `JSON.stringify` show: it is
 * printed by its name from then on, and works as before. It changes the object, so it is not for the application's.
 */
export function hide(shared: object): void {
  if (Reflect.get(shared, INSPECT) === byName) return
  try {
    Object.defineProperty(shared, INSPECT, HIDDEN)
    Object.defineProperty(shared, 'toJSON', HIDDEN)
  } catch {
    // What is frozen stays as it is.
  }
}

/** Hides a request of Node's or of fetch, and its connection, from `util.inspect`. Anything else stays as it is. */
export function hideRequest(request: unknown): void {
  if (Object.prototype.toString.call(request) === '[object Request]') hide(request as object)
  if (!isRequest(request)) return
  hideInternal(request)
  if (request.socket) hideInternal(request.socket)
  else request.once('socket', hideInternal)
}

/**
 * Hides what Node makes for each request or connection. The hooks are assigned, not defined: defined properties make
 * such an object slower than the whole authentication is, and the socket of HTTP/2 passes on only what is assigned.
 */
function hideInternal(internal: object): void {
  const hidden: { [INSPECT]?: unknown; toJSON?: unknown } = internal
  if (hidden[INSPECT] === byName) return
  try {
    hidden[INSPECT] = byName
    hidden.toJSON = byName
  } catch {
    // What is frozen stays as it is.
  }
}

/**
 * Turns members of an object that Node made for a request into getters, which printing does not follow. Where `util`
 * is asked to follow them, it finds objects that are printed by their name.
 */
export function hideMembers(internal: object, names: readonly string[]): void {
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(internal, name)
    if (property === undefined || !property.configurable || !('value' in property)) continue
    let current: unknown = property.value
    Object.defineProperty(internal, name, {
      get: () => current,
      set: (value: unknown) => {
        current = value
      },
      enumerable: false,
      configurable: true,
    })
  }
}

interface NodeRequest {
  readonly socket?: object | null
  once(event: string, listener: (emitted: object) => void): unknown
}

/** By HTTP/1 or HTTP/2; a response has neither of the two. */
function isRequest(value: unknown): value is NodeRequest {
  if (typeof value !== 'object' || value === null || !('once' in value)) return false
  return typeof value.once === 'function' && ('setHeader' in value || 'sentHeaders' in value)
}

function byName(this: object): string {
  return `[${this.constructor.name}]`
}

const HIDDEN: PropertyDescriptor = { value: byName, enumerable: false, configurable: true, writable: true }
