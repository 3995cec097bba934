import type { JSONWebKeySet } from 'jose'
import type { Verifier } from './verifier.ts'
export interface JwtOptions {
  issuer: string
  audience: string | string[]
  jwksUri?: string
  jwks?: JSONWebKeySet
}
export declare function jwt(options: JwtOptions): Verifier
