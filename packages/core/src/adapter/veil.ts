// The registered symbol that Node looks for, by which other runtimes go as well.
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * Keeps what carries credentials, such as a user's own agent or a connection, out of what `util.inspect` and
 * `JSON.stringify` show: its sockets carry the headers, and the key, of whatever it sends just now. It is printed by its
 * name from then on, and works as before.
 */
export function veil(shared: object): void {
  const value = (): string => `[${shared.constructor.name}]`
  const property = { value, enumerable: false, configurable: true, writable: true }
  try {
    Object.defineProperties(shared, { [INSPECT]: property, toJSON: property })
    // What stands for a socket under HTTP/2 passes on what is assigned to it, not what is defined.
    if (Reflect.get(shared, INSPECT) !== value) Object.assign(shared, { [INSPECT]: value, toJSON: value })
  } catch {
    // What is frozen stays as it is.
  }
}
