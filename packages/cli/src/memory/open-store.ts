import type { TokenStore } from '@auth/core'
import { redisStore } from '@auth/redis'
import { EXIT, Failure } from '../failure.ts'
import { stateFile, statePath } from './state-file.ts'

export interface OpenStore {
  readonly store: TokenStore
  close(): Promise<void>
}

// ms that the store may take to answer at first.
const CONNECT = 5_000

/**
 * The store in Redis at this URL, or the state file.
 *
 * @throws Failure when it cannot be used: without it, nobody knows which logins would be refused.
 */
export async function openStore(
  url: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OpenStore> {
  if (url === undefined) {
    const path = statePath(env)
    try {
      return { store: stateFile(path), close: async () => {} }
    } catch (error) {
      const { code = 'no code' } = error as NodeJS.ErrnoException
      throw new Failure(`${path} cannot be written (${code}): set XDG_STATE_HOME, or use --store`)
    }
  }
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Failure('--store: must be a URL such as redis://localhost:6379', EXIT.usage)
  }
  const { createClient } = await import('redis').catch(() => {
    throw new Failure('--store: needs the package redis: npm install redis')
  })
  const client = createClient({ url, socket: { connectTimeout: CONNECT, reconnectStrategy: false } })
  // Reported by the promise that waits.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.ping()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Failure(`--store: ${new URL(url).host} does not answer (${code ?? message})`, EXIT.undecided)
  }
  return {
    store: redisStore(client),
    close: async () => client.destroy(),
  }
}
