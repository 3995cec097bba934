// The registered symbol that Node looks for, by which other runtimes go as well.
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Keeps what carries credentials, such as a user's own agent or a connection, out of what `util.inspect` and
 * `JSON.stringify` show: its sockets carry the headers, and the key, of whatever it sends just now. It is printed by its
 * name from then on, and works as before.
 */
export function veil(shared: object): void {
  if (Reflect.get(shared, INSPECT) === byName) return
  try {
    Object.defineProperty(shared, INSPECT, HIDDEN)
    Object.defineProperty(shared, 'toJSON', HIDDEN)
    // What stands for a socket under HTTP/2 passes on what is assigned to it, not what is defined.
    if (Reflect.get(shared, INSPECT) !== byName) Object.assign(shared, { [INSPECT]: byName, toJSON: byName })
  } catch {
    // What is frozen stays as it is.
  }
}

function byName(this: object): string {
  return `[${this.constructor.name}]`
}

const HIDDEN: PropertyDescriptor = { value: byName, enumerable: false, configurable: true, writable: true }
