import type { Credentials } from '../../layer.ts'
import { type AttachedValues, attachedValues } from './attached-values.ts'
import { cleaner, dataProperty, keysOf } from './cleaned-copy.ts'

/**
 * Removes from an error that a client threw what was attached to its request: header fields by name and value, query
 * parameters from URLs, and the values from messages, stacks and every other text that the error leads to, whichever
 * way it is printed. Fields are removed rather than masked, so that a retry plugin that sends the request again sends
 * no mask.
 *
 * Only the error's own properties change. Each object that shows something is replaced by a cleaned copy, and what leads
 * to connections by a stand-in: none of them is edited, since they may be the application's. What is in `own` was never
 * touched by the credentials, and stays as it is.
 */
export function redactError(
  error: unknown,
  credentials: Credentials | readonly Credentials[],
  own: readonly unknown[] = [],
): void {
  if (typeof error !== 'object' || error === null || own.includes(error)) return
  const attached = attachedValues('length' in credentials ? credentials : [credentials])
  if (attached === undefined) return
  const clean = cleaner(attached, [error, ...own])
  for (const key of keysOf(error)) replace(error, key, attached, clean)
}

/** A value without what was attached: the value itself where it shows nothing, else a cleaned copy or a stand-in. */
export function redacted<T>(value: T, credentials: Credentials | readonly Credentials[]): T {
  const attached = attachedValues('length' in credentials ? credentials : [credentials])
  return attached === undefined ? value : (cleaner(attached, [])(value) as T)
}

function replace(error: object, key: PropertyKey, attached: AttachedValues, clean: ReturnType<typeof cleaner>): void {
  const property = dataProperty(error, key)
  if (property === undefined) return
  try {
    if (typeof key === 'string' && attached.isOurs(key.toLowerCase(), property.value)) {
      Reflect.deleteProperty(error, key)
      return
    }
    const value = clean(property.value, key)
    if (value !== property.value) Object.defineProperty(error, key, { ...property, value })
  } catch {
    // What is frozen keeps what it has; the error must still reach the caller.
  }
}
