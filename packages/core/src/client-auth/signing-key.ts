import type { JWK } from 'jose'
import { ConfigurationError } from '../errors.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { kindOf } from '../lib/options.ts'
import type { SignatureAlgorithm } from '../lib/signature-algorithms.ts'
import { builtin } from '../runtime/builtin.ts'
import { ask } from '../secret.ts'

/** Signs bytes with a key that stays where it is. */
export type Signer = (data: Uint8Array) => MaybePromise<Uint8Array>

/** A private key as PEM text, JWK or CryptoKey, or a function that signs with one. */
export type PrivateKeyInput = string | JWK | CryptoKey | Signer

/** A key that is ready to sign, or a signer, and the name it is known by. */
export type SigningKey = {
  readonly algorithm: string
  readonly keyId: string | undefined
  readonly fingerprint: string
} & ({ readonly key: CryptoKey; readonly signer?: undefined } | { readonly key?: undefined; readonly signer: Signer })

interface Options {
  algorithm?: SignatureAlgorithm
  keyId?: string
}

/** Loaded with the first key, for most clients have none. */
export function jose(): Promise<typeof import('jose')> {
  return import('jose')
}

const LEAST_RSA_BITS = 2048

/**
 * Checks a private key, at once as far as the runtime can, and yields it ready to sign.
 *
 * @throws ConfigurationError naming `key`, `algorithm` or `keyId`; never with a part of the key.
 */
export function signingKey(input: PrivateKeyInput, options: Options): () => Promise<SigningKey> {
  if (typeof input === 'function') {
    for (const name of ['algorithm', 'keyId'] as const) {
      if (options[name] === undefined) throw new ConfigurationError(name, 'is required with a signer')
    }
    return once(async () => signerOf(input, options))
  }
  if (typeof input === 'string') {
    const jwk = jwkOf(input)
    if (jwk !== undefined) return fromJwk(jwk, options)
    const { algorithm } = options
    if (algorithm === undefined) throw new ConfigurationError('algorithm', 'is required for a PEM text on this runtime')
    return once(async () =>
      fromCryptoKey(await imported(async () => (await jose()).importPKCS8(input, algorithm, EXTRACTABLE)), options),
    )
  }
  if (isCryptoKey(input)) {
    checkCryptoKey(input, options)
    return once(() => fromCryptoKey(input, options))
  }
  if (typeof input !== 'object' || input === null || typeof input.kty !== 'string') {
    throw new ConfigurationError(
      'key',
      `must be PEM text, a JWK, a CryptoKey or a function that signs, not ${kindOf(input)}`,
    )
  }
  return fromJwk(input, options)
}

function signerOf(signer: Signer, { algorithm, keyId }: Options): SigningKey {
  const signature = async (data: Uint8Array): Promise<Uint8Array> => {
    const bytes = await ask(() => signer(data), 'key')()
    if (!(bytes instanceof Uint8Array) || bytes.length === 0) {
      throw new ConfigurationError('key', `must yield the signature as Uint8Array, not ${kindOf(bytes)}`)
    }
    return bytes
  }
  return { algorithm: algorithm as string, keyId, fingerprint: `${algorithm}:${keyId}`, signer: signature }
}

const EXTRACTABLE = { extractable: true } as const

/** Asks once; a failure is not remembered. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
}

/** The JWK of a PEM text, by Node's own reader, which knows PKCS #1 and SEC 1 as well; `undefined` elsewhere. */
function jwkOf(pem: string): JWK | undefined {
  // An environment variable may hold the two characters for a line break.
  const text = pem.includes('\n') ? pem : pem.replaceAll('\\n', '\n')
  if (!text.includes('-----BEGIN '))
    throw new ConfigurationError('key', 'must be PEM text ("-----BEGIN …"), not a path')
  if (/-----BEGIN ENCRYPTED |Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new ConfigurationError('key', 'is encrypted; decrypt it: openssl pkey -in file.pem -out key.pem')
  }
  if (/-----BEGIN (?:[A-Z]+ )?PUBLIC KEY|-----BEGIN CERTIFICATE/.test(text)) throw notPrivate()
  const crypto = builtin('node:crypto')
  if (crypto?.createPrivateKey === undefined) return undefined
  try {
    return crypto.createPrivateKey(text).export({ format: 'jwk' }) as JWK
  } catch {
    // OpenSSL's words may quote what it was given.
    throw new ConfigurationError('key', 'is not a private key that this runtime can read')
  }
}

function notPrivate(): ConfigurationError {
  return new ConfigurationError('key', 'must be the private key, not the public one')
}

function fromJwk(jwk: JWK, { algorithm, keyId }: Options): () => Promise<SigningKey> {
  if (jwk.kty === 'oct') throw new ConfigurationError('key', 'must be a private key: a secret cannot take its place')
  if (jwk.d === undefined) throw notPrivate()
  // A modulus never begins with a zero byte, and a character of base64url is six bits.
  if (jwk.kty === 'RSA') checkRsa(Math.floor(((jwk.n?.replace(/^A+/, '').length ?? 0) * 6) / 8) * 8)
  const fitting = fittingAlgorithms(jwk.kty, jwk.crv)
  const chosen = algorithm ?? (jwk.alg as SignatureAlgorithm | undefined) ?? fitting[0]
  checkFit(chosen, fitting)
  return once(async () => {
    // What a key says of its own use is for verifiers; some say `verify` alone.
    const { use: _, key_ops: __, ...material } = jwk
    const key = (await imported(async () => (await jose()).importJWK(material as JWK, chosen))) as CryptoKey
    const thumbprint = await (await jose()).calculateJwkThumbprint(jwk)
    return { algorithm: chosen as string, keyId: keyId ?? jwk.kid, fingerprint: `${chosen}:${thumbprint}`, key }
  })
}

function checkCryptoKey(key: CryptoKey, { algorithm, keyId }: Options): void {
  if (key.type !== 'private') throw notPrivate()
  if (!key.usages.includes('sign')) throw new ConfigurationError('key', 'must be a key that may sign')
  if (!key.extractable && keyId === undefined) {
    throw new ConfigurationError(
      'keyId',
      'is required for a key that cannot be exported: it is what the key is known by',
    )
  }
  const { modulusLength } = key.algorithm as { modulusLength?: number }
  if (modulusLength !== undefined) checkRsa(modulusLength)
  checkFit(algorithm ?? algorithmOf(key), [algorithmOf(key)])
}

async function fromCryptoKey(key: CryptoKey, options: Options): Promise<SigningKey> {
  checkCryptoKey(key, options)
  const algorithm = options.algorithm ?? (algorithmOf(key) as string)
  const name = key.extractable ? await thumbprintOf(key) : options.keyId
  return { algorithm, keyId: options.keyId, fingerprint: `${algorithm}:${name}`, key }
}

async function thumbprintOf(key: CryptoKey): Promise<string> {
  const { calculateJwkThumbprint, exportJWK } = await jose()
  return calculateJwkThumbprint(await exportJWK(key))
}

function checkRsa(bits: number): void {
  if (bits < LEAST_RSA_BITS) {
    throw new ConfigurationError('key', `must have at least ${LEAST_RSA_BITS} bits: RFC 7518 allows no weaker RSA key`)
  }
}

function checkFit(algorithm: string | undefined, fitting: readonly (string | undefined)[]): void {
  if (algorithm === undefined || !fitting.includes(algorithm)) {
    throw new ConfigurationError('algorithm', `must be one that fits the key: ${fitting.join(', ') || 'none does'}`)
  }
}

function fittingAlgorithms(kty: string | undefined, crv: string | undefined): readonly string[] {
  if (kty === 'RSA') return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  if (kty === 'OKP' && crv === 'Ed25519') return ['EdDSA', 'Ed25519']
  return { 'P-256': ['ES256'], 'P-384': ['ES384'], 'P-521': ['ES512'] }[crv ?? ''] ?? []
}

function algorithmOf(key: CryptoKey): string | undefined {
  const { name, hash, namedCurve } = key.algorithm as { name: string; hash?: { name: string }; namedCurve?: string }
  const bits = hash?.name.slice('SHA-'.length)
  if (name === 'RSASSA-PKCS1-v1_5') return `RS${bits}`
  if (name === 'RSA-PSS') return `PS${bits}`
  if (name === 'ECDSA') return fittingAlgorithms('EC', namedCurve)[0]
  return name === 'Ed25519' ? 'EdDSA' : undefined
}

function isCryptoKey(value: unknown): value is CryptoKey {
  return typeof CryptoKey !== 'undefined' && value instanceof CryptoKey
}

async function imported<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch {
    throw new ConfigurationError('key', 'is not a private key that this runtime can use')
  }
}
