import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Lease, StoredEntry, TokenStore } from '@auth/core'

interface State {
  entries: Record<string, { entry: StoredEntry; version: string; until: number }>
  leases: Record<string, { id: string; at: number; until: number }[]>
}

/** Where rejections are remembered between runs: below `$XDG_STATE_HOME`, else below `~/.local/state`. */
export function statePath(env: Readonly<Record<string, string | undefined>>): string {
  const home = env.XDG_STATE_HOME
  // The specification ignores relative paths.
  const root = home?.startsWith('/') ? home : join(env.HOME ?? homedir(), '.local', 'state')
  return join(root, 'carrier-auth', 'rejections.json')
}

// ms after which a lock was left behind by a process that has ended.
const STALE = 5_000
const STEP = 20

/**
 * A token store in a file that only its owner reads, for rejections and waits that outlive the process. Tokens are never
 * written. Several processes may use it at once.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateFile(path: string, now: () => number = Date.now): TokenStore {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  accessSync(dirname(path), constants.W_OK)

  const change = async <T>(work: (state: State) => T): Promise<T> => {
    const lock = `${path}.lock`
    await takeLock(lock)
    try {
      const state = load(path, now())
      const answer = work(state)
      const temporary = `${path}.${process.pid}`
      writeFileSync(temporary, JSON.stringify(state), { mode: 0o600 })
      renameSync(temporary, path)
      return answer
    } finally {
      rmSync(lock, { force: true, recursive: true })
    }
  }

  return {
    get(key) {
      const found = load(path, now()).entries[key]
      return found && { entry: found.entry, version: found.version }
    },
    set: (key, entry, { expected, ttl }) =>
      change((state) => {
        if (state.entries[key]?.version !== expected || !(ttl > 0)) return undefined
        const version = randomUUID()
        state.entries[key] = { entry: withoutToken(entry), version, until: now() + ttl }
        return version
      }),
    lease: (key, limits, maxWait) =>
      change((state) => {
        const longest = Math.max(...limits.map(({ per }) => per))
        const taken = state.leases[key] ?? []
        // A limit allows the next start one period after the one that is `count` starts back.
        const at = limits.reduce((first, { count, per }) => {
          const nth = taken.at(-count)
          return nth === undefined ? first : Math.max(first, Math.min(nth.at, now() + maxWait) + per)
        }, now())
        if (at - now() > maxWait) return { retryIn: at - now() }
        const own = { id: randomUUID(), at, until: at + longest }
        state.leases[key] = [...taken, own].sort((a, b) => a.at - b.at)
        const rest = (all: State): State['leases'][string] => (all.leases[key] ?? []).filter(({ id }) => id !== own.id)
        const lease: Lease = {
          startsIn: at - now(),
          renew: () =>
            change((all) => {
              if (rest(all).length === (all.leases[key] ?? []).length) return false
              all.leases[key] = [...rest(all), { ...own, at: now(), until: now() + longest }]
              return true
            }),
          release: () =>
            change((all) => {
              all.leases[key] = rest(all)
            }),
        }
        return lease
      }),
  }
}

/** What is over is left out. A file that cannot be read is as good as none. */
function load(path: string, now: number): State {
  let state: State = { entries: {}, leases: {} }
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as Partial<State>
    state = { entries: { ...read.entries }, leases: { ...read.leases } }
  } catch {
    return state
  }
  for (const [key, { until }] of Object.entries(state.entries)) if (!(until > now)) delete state.entries[key]
  for (const [key, all] of Object.entries(state.leases)) {
    const left = all.filter(({ until }) => until > now)
    if (left.length > 0) state.leases[key] = left
    else delete state.leases[key]
  }
  return state
}

/** Outages are not remembered either: the next run finds out for itself. */
function withoutToken({ token: _, failure, outages: __, ...entry }: StoredEntry): StoredEntry {
  const kept =
    failure?.code === 'ERR_AUTH_CREDENTIALS_REJECTED' || failure?.code === 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
  return { ...entry, ...(kept && failure && { failure }) }
}

async function takeLock(lock: string): Promise<void> {
  for (;;) {
    try {
      // A folder is made by one process only.
      mkdirSync(lock)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
      if (age > STALE) rmSync(lock, { force: true, recursive: true })
      else await delay(STEP)
    }
  }
}
