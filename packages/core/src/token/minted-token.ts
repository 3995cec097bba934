import type { ClientAuth } from '../client-auth/client-auth.ts'
import { CredentialsRejectedError } from '../errors.ts'
import { isThenable, when } from '../lib/maybe-promise.ts'
import type { CachedTokenSource } from './token-cache.ts'

/**
 * A token that is requested with another token. It is cached, refreshed and shown in `status()` by itself; where its
 * endpoint rejects the other token as ended (401), that one is renewed and the request made once more.
 *
 * @param source Yields the token that the request is made with.
 * @param make Makes the source of the second token, by a client authentication that sends the first as Bearer.
 */
export function mintedToken(
  source: CachedTokenSource,
  make: (clientAuth: ClientAuth) => CachedTokenSource,
): CachedTokenSource {
  let used: string | undefined
  const minted = make({
    method: 'access_token',
    credential: () => when(source.token(), ({ value }) => ({ id: 'access_token', secret: value })),
    apply({ headers }, { secret = '' }) {
      used = secret
      headers.authorization = `Bearer ${secret}`
    },
  })
  return {
    ...minted,
    token(request) {
      const token = minted.token(request)
      if (!isThenable(token)) return token
      return token.catch(async (error: unknown) => {
        if (!(error instanceof CredentialsRejectedError) || error.status !== 401 || used === undefined) throw error
        // A first token that was just issued is not the trouble: `reject` then finds no other.
        if (!(await source.reject(used, request?.signal))) throw error
        return minted.token(request)
      })
    },
  }
}
