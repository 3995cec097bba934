import type { ClientAuth } from '../client-auth/client-auth.ts'
import { AuthError, ConfigurationError } from '../errors.ts'
import type { Grant, GrantCredential } from '../grants/grant.ts'
import { abortable } from '../lib/abortable.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { timeLimit } from '../runtime/time-limit.ts'
import type { ClientCredential } from './token-source.ts'

/** The secret material of one token request: read once, known by the same name all the way down. */
export interface RequestCredential {
  readonly client: ClientCredential
  readonly grant?: GrantCredential | undefined
  /** Further headers of the token request, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface CredentialReaderOptions {
  clientAuth: ClientAuth
  grant: Grant
  headers: Readonly<Record<string, () => MaybePromise<string>>>
  /** ms that a vault may take. */
  timeout: number
}

/**
 * Reads the credential of the next token request. Every caller waits for this one answer, so a vault that never gives
 * it is given up after `timeout`.
 *
 * @throws ConfigurationError from the returned function.
 */
export function credentialReader(options: CredentialReaderOptions): () => Promise<RequestCredential> {
  const { clientAuth, grant, headers, timeout } = options

  async function read(): Promise<RequestCredential> {
    const client = await clientAuth.credential()
    const ofGrant = await grant.credential?.()
    const values: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers)) values[name.toLowerCase()] = await value()
    return { client, headers: values, ...(ofGrant !== undefined && { grant: ofGrant }) }
  }

  return async () => {
    const limit = timeLimit(timeout)
    try {
      return await abortable(read(), limit.signal)
    } catch (error) {
      if (error instanceof AuthError || !limit.signal.aborted) throw error
      throw new ConfigurationError('clientAuth', `a function that yields a secret did not answer within ${timeout} ms`)
    } finally {
      limit.end()
    }
  }
}

/** Tells credentials apart within the process. It holds the secret: it is neither shown nor stored. */
export function credentialKey({ client, grant, headers }: RequestCredential): string {
  return JSON.stringify([client.id, proof(client), headers, grant?.id, grant && proof(grant)])
}

/** What an account is known by: the fingerprint where there is one, else the secret itself. */
export function proof({ secret, fingerprint }: ClientCredential | GrantCredential): string | undefined {
  return fingerprint ?? secret
}
