import { ConfigurationError } from '@auth/core/errors'
import { kindOf } from '@auth/core/options'

/** What the store needs of a client of `redis` 4 to 6: a single one, a pool, Sentinel or Cluster. */
export interface NodeRedisClient {
  readonly isReady?: boolean
  /** Of a Cluster: the nodes that were found. */
  readonly masters?: { readonly length: number }
  connect(): Promise<unknown>
  evalSha(sha1: string, options?: { keys?: string[]; arguments?: string[] }): Promise<unknown>
  eval(script: string, options?: { keys?: string[]; arguments?: string[] }): Promise<unknown>
}

/** What the store needs of a client of `ioredis` 5 or 6: Redis (Sentinel included) or Cluster. */
export interface IoredisClient {
  readonly status: string
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

// A process that starts asks before it is connected, and has to wait. After this time nothing is sent: strategies give
// up after 1000 ms, and commands that nobody waits for would queue up in the client.
const CONNECTING = { maxWait: 900, poll: 10 }

/**
 * Runs scripts on a client of either library, told apart by the names of their methods. A script is sent by its digest,
 * and in full where the server does not know it: a restart or a fail-over empties its memory.
 *
 * The returned function rejects with an Error without the command, which holds a token; its `code` is the first word of
 * the server's reply, or the code of the connection's error.
 *
 * @throws ConfigurationError for anything else than such a client.
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

// What a client of either library has and look-alikes lack: Upstash has `evalsha` with other arguments and nothing else
// of these, redis 3 and the legacy modes take callbacks, and a transaction or pipeline only collects commands.
function evaluator(client: RedisClient): Evaluator {
  if (isIoredis(client)) {
    return {
      // With lazyConnect it waits for the first command.
      ready: () => ['ready', 'wait'].includes(client.status),
      evaluate: (how, what, key, args) =>
        how === 'sha1' ? client.evalsha(what, 1, key, ...args) : client.eval(what, 1, key, ...args),
    }
  }
  if (isNodeRedis(client)) {
    return {
      // A Cluster of redis 5 throws when it is asked before it has found its nodes.
      ready: () => client.isReady ?? client.masters?.length !== 0,
      evaluate(how, what, key, args) {
        const options = { keys: [key], arguments: args }
        return how === 'sha1' ? client.evalSha(what, options) : client.eval(what, options)
      },
    }
  }
  throw new ConfigurationError(
    'client',
    `must be a client made by redis 4 to 6 (a Cluster: 5 or 6) or ioredis 5 or 6, not ${kindOf(client)}`,
  )
}

function isIoredis(client: unknown): client is IoredisClient {
  return (
    has(client, 'evalsha', 'eval', 'on', 'disconnect') &&
    typeof Reflect.get(client, 'status') === 'string' &&
    Reflect.get(client, 'isPipeline') !== true
  )
}

function isNodeRedis(client: unknown): client is NodeRedisClient {
  if (!has(client, 'evalSha', 'eval', 'connect') || has(client, 'execAsPipeline')) return false
  // A Cluster of redis 4 sends scripts to the wrong node (MOVED). The later ones have `destroy`.
  if (Reflect.get(client, 'masters') !== undefined && !has(client, 'destroy')) return false
  const options: unknown = Reflect.get(client, 'options')
  return !(typeof options === 'object' && options !== null && Reflect.get(options, 'legacyMode') === true)
}

function has(client: unknown, ...names: readonly string[]): client is object {
  return (
    typeof client === 'object' &&
    client !== null &&
    names.every((name) => typeof Reflect.get(client, name) === 'function')
  )
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
