import type { Clock } from '../clock.ts'
import { CredentialsRejectedError, TokenEndpointError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { type Block, blockedError } from './block.ts'
import { type CacheKeyParts, cacheKey } from './cache-key.ts'
import type { GuardedRequester } from './lockout-guard.ts'
import { credentialKey, type RequestCredential } from './request-credential.ts'
import type { AskStore } from './store-access.ts'
import {
  errorOf,
  type Found,
  LONGEST_BLOCK,
  readEntry,
  type StoredFailure,
  storedFailure,
  storedToken,
} from './stored-entry.ts'
import type { About, TokenRequest, TokenRequester } from './token-requester.ts'
import type { AccessToken } from './token-source.ts'
import type { Lease, LeaseRefusal, StoredEntry, TokenStore } from './token-store.ts'

export interface SharedSourceOptions {
  store: TokenStore
  /** How the store is asked. */
  ask: AskStore
  identity: CacheKeyParts
  clock: Clock
  emit?: Emit | undefined
  /** ms that a lease outlives its holder, who renews it while the source works. Default 5000. */
  leaseTime?: number
  /** ms that one token request, retries included, may take: others wait as long for its outcome. Default 35 000. */
  maxWait?: number
  /** The longest block that an entry of the store is believed to set, in ms. Default 24 h. */
  longestBlock?: number
  /** 0 to 1; spreads what the processes of a fleet ask. Default `Math.random`. */
  jitter?: () => number
}

// Waits between two looks at the store: short at first, because most token requests are.
const POLL = { initial: 50, max: 1000 }
// How long it is remembered how things stood: the next rejection doubles the window of the last, and a process that
// was rejected itself must find that the credentials have become good since.
const MEMORY = 24 * 60 * 60 * 1000
// A failure that others reported is believed for so long before the store is asked again.
const BELIEVED = 1000
// How long a background refresh is left alone after the endpoint was found unavailable; doubles.
const OUTAGE = { initial: 1000, max: 60_000 }

// How long a background refresh waits for that of another process, in ms.
const BEHIND = 1000
const ELSEWHERE = 'another process is still requesting the token'
// The longest that one look at the store, one try for the lease and the wait between two of them take together, in ms.
const STEP = 5000

/** A requester whose tokens and failures are shared. */
export interface SharedRequester extends TokenRequester {
  /** What stands in the way now, for `status()`. */
  blocked(): Block | undefined
  /** Forgets every failure here, and what the store holds of this credential. */
  reset(credential: RequestCredential): Promise<void>
}

/** A block found in the store, and the monotonic time up to which it is believed. */
interface Standing {
  readonly of: string
  readonly failure: StoredFailure
  readonly rejections: number
  readonly believedUntil: number
}

/**
 * Lets strategies, or the processes of a fleet, share tokens and failures through a store. The lease holder requests the
 * token; the others poll the store. The holder renews the lease while it works, so that one that dies is replaced within
 * its time. Writes are compare-and-set, so that one that comes back late changes nothing. If the store fails or is slow,
 * the token is requested without it.
 */
export function sharedSource(guard: GuardedRequester, options: SharedSourceOptions): SharedRequester {
  const { store, ask, identity, clock, emit, leaseTime = 5000, maxWait = 35_000, jitter = Math.random } = options
  const { longestBlock = LONGEST_BLOCK } = options
  const exclusive = [{ count: 1, per: leaseTime }]
  let latestKey: { of: string; key: string } | undefined
  let standing: Standing | undefined

  async function keyOf(credential: RequestCredential): Promise<string> {
    const of = credentialKey(credential)
    if (latestKey?.of !== of) latestKey = { of, key: await cacheKey(identity, credential, store.shared !== false) }
    return latestKey.key
  }

  async function look(key: string): Promise<Found | undefined> {
    const asked = clock.now()
    const found = await ask('get', () => store.get(key))
    return found && readEntry(found.answer, asked, clock, longestBlock)
  }

  async function write(
    key: string,
    entry: Omit<StoredEntry, 'writtenAt'>,
    expected: string | undefined,
    ttl: number,
  ): Promise<string | undefined> {
    const written = { writtenAt: clock.now(), ...entry }
    return (await ask('set', () => store.set(key, written, { expected, ttl })))?.answer
  }

  function share(found: Found, { superseded, about }: TokenRequest): AccessToken | undefined {
    const { token } = found
    if (token === undefined || superseded?.(token.value)) return undefined
    emit?.({ type: 'token-shared', expiresAt: token.expiresAt, ...about })
    return token
  }

  /** Throws what stands in the way: until its time, or because it is the outcome that this caller has waited for. */
  function throwIfBlocked(found: Found, key: string, { reason, about }: TokenRequest, awaited: boolean): void {
    const { failure, rejections } = found
    standing = undefined
    if (failure === undefined) return
    const { code, retryAt } = failure
    const forAll = code === 'ERR_AUTH_CREDENTIALS_REJECTED' || code === 'ERR_AUTH_TOKEN_ENDPOINT_THROTTLED'
    // Behind a token that is still good nobody waits: it will do to ask when the endpoint has had time to recover.
    if ((forAll || reason === 'refresh-ahead') && retryAt > clock.now()) {
      if (forAll) standing = { of: key, failure, rejections, believedUntil: clock.monotonic() + BELIEVED }
      throw blocked(failure, about)
    }
    if (awaited && failure.background !== true) throw errorOf(failure)
  }

  function blocked(failure: StoredFailure, about: About | undefined): Error {
    emit?.({ type: 'token-request-blocked', code: failure.code, retryAt: failure.retryAt, ...about })
    const error = errorOf(failure)
    return error.retryAt === undefined ? error : blockedError(error, failure.retryAt)
  }

  async function request(call: TokenRequest): Promise<AccessToken> {
    const key = await keyOf(call.credential)
    if (standing?.of === key && clock.monotonic() < standing.believedUntil && standing.failure.retryAt > clock.now()) {
      throw blocked(standing.failure, call.about)
    }
    const behind = call.reason === 'refresh-ahead'
    const deadline = clock.monotonic() + (behind ? Math.min(maxWait, BEHIND) : maxWait)
    let first: Found | undefined
    for (let wait = POLL.initial; ; wait = Math.min(wait * 2, POLL.max)) {
      call.alive?.(STEP)
      const found = await look(key)
      if (found === undefined) return guard.request(call)
      const shared = share(found, call)
      if (shared !== undefined) return shared
      if (first === undefined && found.version === undefined && call.reason === 'refresh-ahead') {
        emit?.({ type: 'store-missed' })
      }
      throwIfBlocked(found, key, call, first !== undefined && first.version !== found.version)
      first ??= found
      const lease = await ask('lease', () => store.lease(key, exclusive, 0), giveBack)
      if (lease === undefined) return guard.request(call)
      if ('release' in lease.answer) return underLease(lease.answer, key, call, first)
      // The holder will write, or lose the lease; past the deadline the request is made without it. Behind a token that
      // is still good it is not: the next call will look again, and a program that has finished need not wait.
      if (clock.monotonic() >= deadline) {
        if (behind) throw new TokenEndpointError('ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE', ELSEWHERE, { retryable: true })
        return guard.request(call)
      }
      await clock.delay(Math.min(wait, lease.answer.retryIn) * (0.5 + jitter() / 2))
    }
  }

  async function underLease(lease: Lease, key: string, request: TokenRequest, first: Found): Promise<AccessToken> {
    const working = new AbortController()
    try {
      // Somebody may have written between the look and the lease.
      const found = await look(key)
      if (found === undefined) return await guard.request(request)
      const shared = share(found, request)
      if (shared !== undefined) return shared
      throwIfBlocked(found, key, request, first.version !== found.version)
      // The store has the last word on rejections: somebody has reset it, or found the credentials good again. Unless
      // that was before: the store may have failed when it should have been told of the rejection.
      const { since } = guard.blocked() ?? {}
      if (since !== undefined && found.clearedAt !== undefined && found.clearedAt >= since) guard.reset()
      void renewLease(lease, working.signal)
      return await requestToken(found, key, request)
    } finally {
      working.abort()
      void ask('release', () => lease.release())
    }
  }

  /** Asks the source, and lets the others know what came of it. */
  async function requestToken(found: Found, key: string, request: TokenRequest): Promise<AccessToken> {
    const { rejections, outages } = found
    const counted = { ...(rejections > 0 && { rejections }), ...(outages > 0 && { outages }) }
    let { version } = found
    // The API rejects the stored token: it must not reach other processes, even if no other is issued.
    const refused = request.reason === 'rejected' && found.token !== undefined
    if (refused) version = (await write(key, counted, version, MEMORY)) ?? version
    try {
      const issued = await guard.request({ ...request, rejections })
      const now = clock.now()
      // The entry outlives the token: it says that the credentials are good.
      await write(key, { token: storedToken(issued, now) }, version, Math.max(issued.expiresAt - now, MEMORY))
      return issued
    } catch (error) {
      const rest = Math.min(OUTAGE.initial * 2 ** outages, OUTAGE.max) * (0.5 + jitter() / 2)
      const failure = storedFailure(error, clock.now() + rest)
      if (failure !== undefined) {
        const rejected = error instanceof CredentialsRejectedError
        const unavailable = error instanceof TokenEndpointError && error.retryAt === undefined
        // Beside a token that is still good the failure stands: others need not ask for another in vain.
        const kept = refused ? undefined : found.token
        await write(
          key,
          {
            ...counted,
            failure: { ...failure, ...(request.reason === 'refresh-ahead' && { background: true }) },
            ...(rejected && { rejections: Math.max(guard.blocked()?.count ?? 0, rejections) }),
            ...(unavailable && { outages: outages + 1 }),
            ...(kept !== undefined && { token: storedToken(kept, clock.now()) }),
          },
          version,
          Math.max(failure.retryAt - clock.now(), 0) + MEMORY,
        )
      }
      throw error
    }
  }

  /** Renews the lease until `signal` aborts. */
  async function renewLease(lease: Lease, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.delay(leaseTime / 3, signal).catch(() => {})
      if (!signal.aborted) await ask('renew', () => lease.renew())
    }
  }

  return {
    request,
    blocked() {
      if (standing === undefined || standing.of !== latestKey?.key || standing.failure.retryAt <= clock.now()) {
        return guard.blocked()
      }
      const { failure, rejections } = standing
      return { error: errorOf(failure), retryAt: failure.retryAt, count: rejections }
    },
    async reset(credential) {
      guard.reset()
      standing = undefined
      const key = await keyOf(credential)
      // An empty entry, not none: a process that remembers a rejection itself must see that this was meant.
      for (let attempt = 0; attempt < 3; attempt++) {
        const found = await look(key)
        if (found === undefined || (await write(key, {}, found.version, MEMORY)) !== undefined) return
      }
    },
  }
}

function giveBack(late: Lease | LeaseRefusal): unknown {
  return 'release' in late && late.release()
}
