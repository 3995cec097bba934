// The registered symbol that Node looks for, by which other runtimes go as well.
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Keeps what carries credentials, such as a user's own agent, out of what `util.inspect` and `JSON.stringify` show: its
 * sockets carry the headers, and the key, of whatever it sends just now. It is printed by its name from then on, and
 * works as before.
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

/**
 * Veils a request as Node has it, and its connection: a client's responses lead to both. So it does with one for fetch;
 * what else the answer of a user's own transport may carry stays as it is.
 */
export function hideRequest(request: unknown): void {
  if (Object.prototype.toString.call(request) === '[object Request]') hide(request as object)
  if (!isRequest(request)) return
  hideInternal(request)
  if (request.socket) hideInternal(request.socket)
  else request.once('socket', hideInternal)
}

/**
 * Veils what Node makes for each request or connection. Assigned, not defined: hidden properties make such an object
 * slower than all of the authentication does, and what stands for a socket under HTTP/2 passes on only what is assigned.
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
