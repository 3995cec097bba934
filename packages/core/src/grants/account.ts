import type { Grant } from './grant.ts'

/**
 * What a grant is known by whose secret changes with each use: its account. Without one it cannot be shared through a
 * store.
 */
export function accountCredential(kind: string, account: string | undefined): Pick<Grant, 'credential' | 'anonymous'> {
  const name = account ?? ''
  return {
    ...(account === undefined && { anonymous: true }),
    credential: () => ({ id: name, fingerprint: `${kind}:${name}` }),
  }
}
