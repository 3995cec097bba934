import type { TokenRequestParts } from './client-auth.ts'

/** RFC 7523 section 2.2: how an assertion rides on a token request. */
export function addAssertion({ parameters }: TokenRequestParts, id: string, assertion: string): void {
  parameters.push(
    ['client_id', id],
    ['client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    ['client_assertion', assertion],
  )
}
