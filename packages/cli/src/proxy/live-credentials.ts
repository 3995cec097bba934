import type { Carrier } from '@auth/core/carriers'
import { type Configuration, readConfiguration } from '../configuration/read.ts'

// ms for which a value from a file or a command is taken for the current one.
const CURRENT = 30_000

/**
 * Credentials that follow their files and commands while the program runs, so that rotation needs no restart. Values of
 * variables never change.
 */
export function liveCredentials(
  carrier: Carrier,
  { values, credentials }: Configuration,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, unknown> {
  let read = { at: Date.now(), credentials: Promise.resolve(credentials) }
  const current = (name: string) => async (): Promise<unknown> => {
    if (Date.now() - read.at > CURRENT) {
      const last = read.credentials
      // What cannot be read just now is what it was.
      const next = readConfiguration(carrier, env, {}).then(
        (found) => (found.missing.length + found.unreadable.length > 0 ? last : found.credentials),
        () => last,
      )
      read = { at: Date.now(), credentials: next }
    }
    return (await read.credentials)[name]
  }
  const changing = new Set(values.filter(({ variable, source }) => source !== variable).map(({ path }) => path[0]))
  return Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [name, changing.has(name) ? current(name) : value]),
  )
}
