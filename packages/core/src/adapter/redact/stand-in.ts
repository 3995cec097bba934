import { isPool } from './shared-agents.ts'

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Cleans what is read from behind a stand-in. */
export type Clean = (value: unknown) => unknown

/**
 * Works as the object does, and shows nothing of it: it has no properties of its own that any way of printing or
 * copying could list. The object behind it is not changed. With `clean`, what is read from it is cleaned too. The members
 * in `instead` take the place of its own.
 */
export function standIn<T extends object>(real: T, clean: Clean = wrapInternals, instead: Instead = NOTHING): T {
  return new Proxy(Object.create(Object.getPrototypeOf(real)), new StandIn(real, clean, instead)) as T
}

type Instead = Readonly<Record<PropertyKey, unknown>>

const NOTHING: Instead = Object.freeze({})

/** Whether it is what Node or undici send by: it leads to sockets, and to what other requests send over them. */
export function isInternal(value: object): boolean {
  // The members are not read: the socket of an HTTP/2 session forbids it.
  return ('on' in value && 'emit' in value) || isPool(value)
}

const standIns = new WeakMap<object, object>()

/** The same stand-in each time it is read. */
function wrapInternals(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !isInternal(value)) return value
  const made = standIns.get(value) ?? standIn(value)
  standIns.set(value, made)
  return made
}

// Private fields: `showProxy` shows a proxy's handler.
class StandIn implements ProxyHandler<object> {
  readonly #real: object
  readonly #clean: Clean
  readonly #instead: Instead

  constructor(real: object, clean: Clean, instead: Instead) {
    this.#real = real
    this.#clean = clean
    this.#instead = instead
  }

  get(_: object, key: PropertyKey, receiver: unknown): unknown {
    if (Object.hasOwn(this.#instead, key)) return this.#instead[key]
    const real = this.#real
    if (key === 'toJSON' || key === INSPECT) return () => `[${real.constructor?.name || 'Object'}]`
    const value: unknown = Reflect.get(real, key, real)
    if (typeof value !== 'function') return this.#clean(value)
    if (key === 'constructor') return value
    const clean = this.#clean
    return function (this: unknown, ...parameters: unknown[]): unknown {
      const result: unknown = Reflect.apply(value, this === receiver ? real : this, parameters)
      return result === real ? receiver : clean(result)
    }
  }

  set(_: object, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.#real, key, value)
  }

  has(_: object, key: PropertyKey): boolean {
    return Reflect.has(this.#real, key)
  }

  deleteProperty(_: object, key: PropertyKey): boolean {
    return Reflect.deleteProperty(this.#real, key)
  }

  defineProperty(_: object, key: PropertyKey, property: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.#real, key, { ...property, configurable: true })
  }

  ownKeys(): [] {
    return []
  }

  getOwnPropertyDescriptor(): undefined {
    return undefined
  }
}
