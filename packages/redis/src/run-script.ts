import { ConfigurationError } from '@auth/core'

/** What the store needs of a client of `redis`: a single one, a pool, Sentinel or Cluster. */
export interface NodeRedisClient {
  readonly isReady?: boolean
  evalSha(sha1: string, options?: { keys?: string[]; arguments?: string[] }): Promise<unknown>
  eval(script: string, options?: { keys?: string[]; arguments?: string[] }): Promise<unknown>
}

/** What the store needs of a client of `ioredis`: Redis (Sentinel included) or Cluster. */
export interface IoredisClient {
  readonly status?: string
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
}

export type RedisClient = NodeRedisClient | IoredisClient

/** Runs a script on one key. */
export type RunScript = (script: string, key: string, ...args: string[]) => Promise<unknown>

interface Evaluator {
  ready(): boolean
  evaluate(how: 'sha1' | 'script', what: string, key: string, args: string[]): Promise<unknown>
}

// A process that starts asks before it is connected, and has to wait for that; what is not sent within this time is not
// sent at all, lest commands that nobody waits for queue up in the client. Whoever uses a store gives up after 1000 ms.
const CONNECTING = { maxWait: 900, poll: 10 }

/**
 * Runs scripts on either client, told apart by the names of their methods; by digest, and in full where the server does
 * not know it (yet, or any more: a restart or a fail-over empties its memory).
 *
 * @throws ConfigurationError for anything else; from the returned function an Error without the command, which holds
 * a token, and with the first word of the server's reply or the connection's code as `code`.
 */
export function scriptRunner(client: RedisClient): RunScript {
  const { ready, evaluate } = evaluator(client)
  const digests = new Map<string, Promise<string>>()
  return async (script, key, ...args) => {
    try {
      let digest = digests.get(script)
      if (digest === undefined) {
        digest = sha1(script)
        digests.set(script, digest)
      }
      const known = await digest
      const deadline = performance.now() + CONNECTING.maxWait
      while (!ready()) {
        if (performance.now() > deadline) throw Object.assign(new Error(), { code: 'NOT_CONNECTED' })
        await new Promise((resolve) => setTimeout(resolve, CONNECTING.poll))
      }
      try {
        return await evaluate('sha1', known, key, args)
      } catch (error) {
        if (replyCode(error) !== 'NOSCRIPT') throw error
        return await evaluate('script', script, key, args)
      }
    } catch (error) {
      throw withoutCommand(error)
    }
  }
}

function evaluator(client: RedisClient): Evaluator {
  if (typeof (client as Partial<IoredisClient> | undefined)?.evalsha === 'function') {
    const ioredis = client as IoredisClient
    return {
      // With lazyConnect it waits for the first command.
      ready: () => [undefined, 'ready', 'wait'].includes(ioredis.status),
      evaluate: (how, what, key, args) =>
        how === 'sha1' ? ioredis.evalsha(what, 1, key, ...args) : ioredis.eval(what, 1, key, ...args),
    }
  }
  if (typeof (client as Partial<NodeRedisClient> | undefined)?.evalSha === 'function') {
    const redis = client as NodeRedisClient
    return {
      ready: () => redis.isReady !== false,
      evaluate(how, what, key, args) {
        const options = { keys: [key], arguments: args }
        return how === 'sha1' ? redis.evalSha(what, options) : redis.eval(what, options)
      },
    }
  }
  throw new ConfigurationError('client', 'must be a client made by redis or ioredis')
}

async function sha1(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text)))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** `READONLY` of "READONLY You can't write against a read only replica." */
function replyCode(error: unknown): string | undefined {
  return error instanceof Error ? /^([A-Z]{2,})(?:\s|$)/.exec(error.message)?.[1] : undefined
}

function withoutCommand(error: unknown): Error {
  const own = (error as { code?: unknown } | undefined)?.code
  const code = replyCode(error) ?? (typeof own === 'string' ? own : undefined)
  const clean = new Error(`Redis did not carry out a command${code === undefined ? '' : ` (${code})`}`)
  if (code !== undefined) return Object.assign(clean, { name: 'RedisError', code })
  return Object.assign(clean, { name: error instanceof Error ? error.constructor.name : 'RedisError' })
}
