import { ConfigurationError } from '@auth/core/errors'

/** 32 random bytes in base64 or base64url, or a CryptoKey for AES-GCM with 256 bits that may encrypt and decrypt. */
export type EncryptionKey = string | CryptoKey

/** How values are written and read; `context` is what they belong to. */
export interface Cipher {
  seal(text: string, context: string): Promise<string>
  /** The text, or `undefined` for what none of the keys has sealed for this context. */
  open(sealed: string, context: string): Promise<string | undefined>
}

const NONCE = 12

/** Values as they are. */
export const plain: Cipher = {
  seal: async (text) => text,
  open: async (text) => text,
}

/**
 * AES-256-GCM: seals with the first key, opens with each. The context is authenticated: a value opens nowhere else.
 *
 * @throws ConfigurationError for anything but one or two keys.
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
export function aesGcm(option: EncryptionKey | readonly EncryptionKey[]): Cipher {
  const given = [option].flat() as readonly unknown[]
  if (given.length < 1 || given.length > 2) throw wrong('must be a key, or two: [current, previous]')
  const keys = given.map(importer)
  const [current] = keys as [() => Promise<CryptoKey>]

  return {
    async seal(text, context) {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE))
      const sealed = await crypto.subtle.encrypt(algorithm(iv, context), await current(), encode(text))
      return btoa(String.fromCharCode(...iv, ...new Uint8Array(sealed)))
    },
    async open(sealed, context) {
      const bytes = fromBase64(sealed)
      if (bytes === undefined || bytes.length <= NONCE) return undefined
      const how = algorithm(bytes.subarray(0, NONCE), context)
      for (const key of keys) {
        const opened = await crypto.subtle.decrypt(how, await key(), bytes.subarray(NONCE)).catch(() => undefined)
        if (opened !== undefined) return new TextDecoder().decode(opened)
      }
      return undefined
    },
  }
}

/** Checks a key at once, and imports it when it is first needed. */
function importer(key: unknown): () => Promise<CryptoKey> {
  if (key instanceof CryptoKey) {
    const { name, length } = key.algorithm as { name: string; length?: number }
    if (name !== 'AES-GCM' || length !== 256 || !key.usages.includes('encrypt') || !key.usages.includes('decrypt')) {
      throw wrong('must be a CryptoKey for AES-GCM with 256 bits, with the usages encrypt and decrypt')
    }
    return async () => key
  }
  const bytes = typeof key === 'string' ? fromBase64(key) : undefined
  if (bytes?.length !== 32) {
    throw wrong('must be 32 random bytes in base64 (openssl rand -base64 32) or a CryptoKey; no passphrase will do')
  }
  let imported: Promise<CryptoKey> | undefined
  return () => {
    imported ??= crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
    return imported
  }
}

function algorithm(
  iv: Uint8Array<ArrayBuffer>,
  context: string,
): { name: string; iv: Uint8Array<ArrayBuffer>; additionalData: Uint8Array<ArrayBuffer> } {
  return { name: 'AES-GCM', iv, additionalData: encode(context) }
}

function wrong(problem: string): ConfigurationError {
  return new ConfigurationError('encryptionKey', problem)
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const standard = text.trim().replaceAll('-', '+').replaceAll('_', '/')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(standard)) return undefined
  try {
    return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
