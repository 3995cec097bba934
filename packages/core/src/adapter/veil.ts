/**
 * Keeps a user's own agent out of what `util.inspect` and `JSON.stringify` show: its sockets carry the headers, and the
 * key, of whatever it sends just now. It is printed by its name from then on, and works as before.
 */
export function veil(shared: object): void {
  const value = (): string => `[${shared.constructor.name}]`
  const property = { value, enumerable: false, configurable: true, writable: true }
  try {
    // The registered symbol that Node looks for, by which other runtimes go as well.
    Object.defineProperties(shared, { [Symbol.for('nodejs.util.inspect.custom')]: property, toJSON: property })
  } catch {
    // A frozen agent stays as it is.
  }
}
