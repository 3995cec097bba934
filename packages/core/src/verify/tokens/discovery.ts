import { secureUrl } from '../../origin.ts'
import { DocumentError, type FetchOptions, fetchDocument } from './fetch-document.ts'

/**
 * Fetches the keys of an issuer from where its metadata says they are. The metadata must name the very issuer that was
 * configured (RFC 8414 section 3.3), or it would be another one's keys that are trusted.
 */
export function discoveredKeys(
  discoveryUri: string,
  issuer: string,
  options: FetchOptions,
  allowInsecureLoopback: boolean,
): () => Promise<unknown> {
  let jwksUri: string | undefined
  return async () => {
    if (jwksUri === undefined) {
      const metadata = (await fetchDocument(discoveryUri, options)) as { issuer?: unknown; jwks_uri?: unknown } | null
      if (metadata?.issuer !== issuer) throw new DocumentError('is the metadata of another issuer')
      jwksUri = secureUrl(metadata.jwks_uri, 'jwks_uri', allowInsecureLoopback).href
    }
    try {
      return await fetchDocument(jwksUri, options)
    } catch (error) {
      // The keys may have moved: next time the metadata is asked again.
      jwksUri = undefined
      throw error
    }
  }
}
