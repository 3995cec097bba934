import { proof, type RequestCredential } from './request-credential.ts'

// Guessing a secret from a key costs this much a guess, and so does the first token of a process: about 20 ms.
const ITERATIONS = 100_000

/** Everything but the credential that decides which token one gets. */
export interface CacheKeyParts {
  readonly tokenEndpoint: string
  readonly clientAuth: string
  readonly grant: unknown
  /** PEM, where the token is bound to one (RFC 8705 section 3). */
  readonly certificate?: string | undefined
}

let perProcess: Promise<CryptoKey> | undefined

/**
 * The key of an account in a store: a digest of what is public, and a fingerprint of the secret. In a shared store the
 * fingerprint is slow to guess (PBKDF2); in this process it is quick, and salted at random.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8018#section-5.2
 */
export async function cacheKey(
  identity: CacheKeyParts,
  { client, grant, headers = {} }: RequestCredential,
  shared: boolean,
): Promise<string> {
  const scope = await digest(
    JSON.stringify([
      'v1',
      identity.tokenEndpoint,
      identity.clientAuth,
      identity.grant,
      identity.certificate,
      client.id,
      Object.keys(headers),
      // Absent where the grant has no credential, so that keys of others stay what they were.
      ...(grant === undefined ? [] : [grant.id]),
    ]),
  )
  const secret = encode(JSON.stringify([proof(client), headers, ...(grant === undefined ? [] : [proof(grant)])]))
  return `${base64url(scope)}.${base64url(shared ? await slow(secret, scope) : await quick(secret, scope))}`
}

/** The key of a token endpoint's budget in a store. */
export async function endpointKey(tokenEndpoint: string): Promise<string> {
  return `${base64url(await digest(JSON.stringify(['v1', tokenEndpoint])))}.budget`
}

async function slow(secret: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, 'PBKDF2', false, ['deriveBits'])
  const bits = await crypto.subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS },
    key,
    128,
  )
  return new Uint8Array(bits)
}

async function quick(secret: Uint8Array<ArrayBuffer>, scope: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  perProcess ??= crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign'])
  const signed = await crypto.subtle.sign('HMAC', await perProcess, new Uint8Array([...scope, ...secret]))
  return new Uint8Array(signed).subarray(0, 16)
}

async function digest(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encode(text)))
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
