import { claims, scopes } from './claims.ts'
import { apiKeys, basics, compositions } from './credentials.ts'
import type { Attack } from './forge.ts'
import { algorithms, headerKeys, signatures, types } from './keys.ts'
import { canonicality, structure } from './structure.ts'
import { transport } from './transport.ts'

/** What must be refused, by group. */
export const catalogue: Readonly<Record<string, readonly Attack[]>> = {
  structure,
  canonicality,
  algorithms,
  signatures,
  headerKeys,
  types,
  claims,
  scopes: scopes.map((attack) => ({ ...attack, path: '/scope' })),
  transport,
  basics,
  apiKeys,
  compositions,
}
