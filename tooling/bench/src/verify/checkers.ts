import { createPublicKey, hash, verify } from 'node:crypto'
import { type InboundRequest, jwt } from '@auth/core/verify'
import { JwtVerifier } from 'aws-jwt-verify'
import { createVerifier } from 'fast-jwt'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import type { MakeChecker } from './checker.ts'
import { AUDIENCE, ISSUER } from './issuer.ts'

const REQUEST: InboundRequest = { method: 'GET', url: '/', socket: {}, header: () => [] }

export const ours: MakeChecker = ({ algorithm, jwks }, remembered) => {
  const verifier = jwt({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: jwks as JSONWebKeySet,
    algorithms: [algorithm],
    cacheSize: remembered,
  })
  return {
    name: '@auth/core/verify',
    check(token) {
      const claims = verifier(token, REQUEST)
      return claims instanceof Promise ? claims.then(partyOf) : partyOf(claims)
    },
  }
}

const partyOf = (claims: object | undefined): string => (claims as { readonly client_id: string }).client_id

/** What cannot be undercut when the token is known: a digest, and one look-up. */
export const digestAndMap: MakeChecker = ({ publicKey }) => {
  const key = createPublicKey(publicKey)
  const known = new Map<string, { party: string; expiresAt: number }>()
  return {
    name: 'digest and Map',
    check(token) {
      const digest = hash('sha256', token, 'base64url')
      let entry = known.get(digest)
      if (entry === undefined) {
        entry = verified(key, token)
        known.set(digest, entry)
      }
      if (Date.now() >= entry.expiresAt) throw new Error('the token has expired')
      return entry.party
    },
  }
}

/** What cannot be undercut when it is not: the signature, and nothing else. */
export const signatureOnly: MakeChecker = ({ publicKey }) => {
  const key = createPublicKey(publicKey)
  return { name: 'signature only', check: (token) => verified(key, token).party }
}

function verified(key: ReturnType<typeof createPublicKey>, token: string): { party: string; expiresAt: number } {
  const dot = token.lastIndexOf('.')
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  if (!verify(digest, Buffer.from(token.slice(0, dot)), { key, dsaEncoding: 'ieee-p1363' }, signature)) {
    throw new Error('the signature is wrong')
  }
  const claims = JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, dot), 'base64url').toString())
  return { party: claims.client_id, expiresAt: claims.exp * 1000 }
}

export const jose: MakeChecker = ({ algorithm, jwks }) => {
  const keys = createLocalJWKSet(jwks as JSONWebKeySet)
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm] }
  return { name: 'jose', check: async (token) => partyOf((await jwtVerify(token, keys, options)).payload) }
}

export const aws: MakeChecker = ({ jwks }) => {
  const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: 'https://issuer.example/jwks' })
  verifier.cacheJwks(jwks as Parameters<typeof verifier.cacheJwks>[0])
  return { name: 'aws-jwt-verify', check: (token) => partyOf(verifier.verifySync(token)) }
}

const fast = (name: string, cached: boolean): MakeChecker => {
  return ({ algorithm, publicKey }, remembered) => {
    const check = createVerifier({
      key: publicKey,
      algorithms: [algorithm],
      allowedIss: ISSUER,
      allowedAud: AUDIENCE,
      ...(cached && { cache: remembered, cacheTTL: 86_400_000 }),
    })
    return { name, check: (token) => partyOf(check(token)) }
  }
}

export const fastCached = fast('fast-jwt, cached', true)
export const fastUncached = fast('fast-jwt', false)
