/** What is under way, so that all who ask for the same thing meanwhile wait for one answer. */
export interface Flights<T> {
  /** The answer that is on its way for `key`, if one is. */
  join(key: string): Promise<T> | undefined
  /** Lets others join until it has settled. */
  start(key: string, answer: Promise<T>): Promise<T>
}

export function flights<T>(): Flights<T> {
  const underWay = new Map<string, Promise<T>>()
  return {
    join: (key) => underWay.get(key),
    start(key, answer) {
      const flight = answer.finally(() => underWay.delete(key))
      underWay.set(key, flight)
      return flight
    },
  }
}
