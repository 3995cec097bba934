/**
 * Puts an entry in front and drops the last when there are more than `max`. For the few that are remembered for the odd
 * failure: a cache made for thousands weighs two KiB before its first entry, in every strategy.
 */
export function putBounded<K, V>(entries: Map<K, V>, key: K, value: V, max: number): void {
  entries.delete(key)
  entries.set(key, value)
  if (entries.size > max) entries.delete(entries.keys().next().value as K)
}
