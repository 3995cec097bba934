import type { Clock } from '../clock.ts'
import { CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { accessToken } from './access-token.ts'
import { cacheKey, type TokenIdentity } from './cache-key.ts'
import type { Block, GuardedTokenSource } from './lockout-guard.ts'
import type { AccessToken, ClientCredential, TokenRequest } from './token-source.ts'
import type { Lease, StoredEntry, TokenStore, VersionedEntry } from './token-store.ts'
import { hardMargin } from './windows.ts'

export interface SharedSourceOptions {
  store: TokenStore
  identity: TokenIdentity
  clock: Clock
  emit?: Emit | undefined
  /** ms that one token request, retries included, may take: as long is the lease. */
  leaseTime: number
}

// A store is asked on the way to a token request only; slower than this, the request is made without it.
const STORE_PATIENCE = 1000
const POLL = 50
// How long a rejection outlives its window, so that the next one doubles it.
const FAILURE_MEMORY = 24 * 60 * 60 * 1000

/**
 * Lets strategies, or the processes of a fleet, share one source's tokens and rejections through a store: whoever takes
 * the lease asks the source, the others take what he writes. A store that fails or is slow is done without.
 */
export function sharedSource(source: GuardedTokenSource, options: SharedSourceOptions): GuardedTokenSource {
  const { store, identity, clock, emit, leaseTime } = options
  let latestKey: { of: string; key: string } | undefined
  let standing: (Block & { of: string }) | undefined

  async function keyOf(credential: ClientCredential): Promise<string> {
    const of = JSON.stringify([credential.id, credential.secret, credential.headers])
    if (latestKey?.of !== of) latestKey = { of, key: await cacheKey(identity, credential, store.shared !== false) }
    return latestKey.key
  }

  /** What the store answers in time; `undefined` and an event otherwise. */
  async function ask<T>(operation: string, question: () => T | Promise<T>): Promise<{ answer: T } | undefined> {
    const patience = new AbortController()
    try {
      const answer = question()
      if (!(answer instanceof Promise)) return { answer }
      const late = clock.delay(STORE_PATIENCE, patience.signal).then(() => {
        throw new Error(`no answer within ${STORE_PATIENCE} ms`)
      })
      late.catch(() => {})
      return { answer: await Promise.race([answer, late]) }
    } catch (error) {
      // A store's error may quote the key or the command; its name and code say enough.
      emit?.({ type: 'store-failed', operation, message: describe(error) })
      return undefined
    } finally {
      patience.abort()
    }
  }

  const tokenIn = (
    found: VersionedEntry | undefined,
    superseded: TokenRequest['superseded'],
  ): AccessToken | undefined => {
    const token = found?.entry.token
    if (token === undefined || superseded?.(token.value)) return undefined
    // What every cache would call too old is as good as absent.
    if (token.expiresAt - hardMargin(token.lifetime) <= clock.now()) return undefined
    return accessToken(token)
  }

  const blockIn = (found: VersionedEntry | undefined, of: string): Block | undefined => {
    const failure = found?.entry.failure
    if (failure === undefined || failure.retryAt <= clock.now()) return undefined
    const { code, message, retryAt, status, error, count } = failure
    const blocked =
      code === 'ERR_AUTH_CREDENTIALS_REJECTED'
        ? new CredentialsRejectedError(message, { retryAt, status, error })
        : new TokenEndpointError(code, message, { retryAt, status })
    standing = { error: blocked, retryAt, count, of }
    return standing
  }

  async function token(request: TokenRequest = {}): Promise<AccessToken> {
    const credential = request.credential ?? ((await source.credential?.()) as ClientCredential)
    const key = await keyOf(credential)
    const passed: TokenRequest = { ...request, credential }
    const deadline = clock.monotonic() + leaseTime
    for (;;) {
      const found = await ask('get', () => store.get(key))
      if (found === undefined) return source.token(passed)
      const shared = tokenIn(found.answer, request.superseded)
      if (shared !== undefined) {
        emit?.({ type: 'token-shared', expiresAt: shared.expiresAt })
        return shared
      }
      const block = blockIn(found.answer, key)
      if (block !== undefined) {
        emit?.({ type: 'token-request-blocked', code: block.error.code, retryAt: block.retryAt })
        throw block.error
      }
      const lease = await ask('lease', () => store.lease(key, leaseTime))
      if (lease === undefined) return source.token(passed)
      if (lease.answer !== undefined) return underLease(lease.answer, key, passed)
      // The holder will write, or lose the lease; past the deadline the request is made without him.
      if (clock.monotonic() >= deadline) return source.token(passed)
      await clock.delay(POLL)
    }
  }

  async function underLease(lease: Lease, key: string, request: TokenRequest): Promise<AccessToken> {
    try {
      // Somebody may have written between the look and the lease.
      const found = await ask('get', () => store.get(key))
      const shared = tokenIn(found?.answer, request.superseded)
      if (shared !== undefined) {
        emit?.({ type: 'token-shared', expiresAt: shared.expiresAt })
        return shared
      }
      const block = blockIn(found?.answer, key)
      if (block !== undefined) throw block.error
      const rejections = found?.answer?.entry.failure?.count
      const write = async (entry: StoredEntry, ttl: number): Promise<void> => {
        if (found !== undefined) await ask('set', () => store.set(key, entry, { expected: found.answer?.version, ttl }))
      }
      try {
        const issued = await source.token({ ...request, rejections })
        const { value, expiresAt, lifetime = expiresAt - clock.now(), scope } = issued
        await write(
          { token: { value, expiresAt, lifetime, ...(scope !== undefined && { scope }) } },
          expiresAt - clock.now(),
        )
        return issued
      } catch (error) {
        const failure = failureOf(error, source.blocked()?.count ?? 0)
        if (failure !== undefined) {
          // Beside a token that is still good the failure stands: others need not ask for another in vain.
          const kept =
            tokenIn(found?.answer, undefined) === undefined || request.reason === 'rejected'
              ? undefined
              : found?.answer?.entry.token
          await write(
            { failure, ...(kept !== undefined && { token: kept }) },
            failure.retryAt - clock.now() + FAILURE_MEMORY,
          )
        }
        throw error
      }
    } finally {
      await ask('release', () => lease.release())
    }
  }

  return {
    credential: () => source.credential?.() as ClientCredential | Promise<ClientCredential>,
    token,
    blocked: () => {
      if (standing !== undefined && standing.of === latestKey?.key && standing.retryAt > clock.now()) return standing
      return source.blocked()
    },
    async reset() {
      source.reset()
      standing = undefined
      const credential = await source.credential?.()
      if (credential === undefined) return
      const key = await keyOf(credential)
      const found = await ask('get', () => store.get(key))
      if (found?.answer !== undefined) {
        const expected = found.answer.version
        await ask('set', () => store.set(key, undefined, { expected, ttl: 0 }))
      }
    },
  }
}

function failureOf(error: unknown, count: number): StoredEntry['failure'] {
  const rejected = error instanceof CredentialsRejectedError
  if (!rejected && !(error instanceof TokenEndpointError && error.retryAt !== undefined)) return undefined
  const { message, status } = error
  const code = rejected ? 'ERR_AUTH_CREDENTIALS_REJECTED' : 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
  const own = rejected ? error.error : undefined
  return {
    code,
    message,
    retryAt: error.retryAt as number,
    count,
    ...(status !== undefined && { status }),
    ...(own !== undefined && { error: own }),
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}
