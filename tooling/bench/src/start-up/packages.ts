/** One thing that a program may import. */
export interface Imported {
  readonly name: string
  readonly modules: readonly string[]
  /** What the program has anyway: loaded before the clock starts, and left out of the size. */
  readonly given?: readonly string[]
}

export const OUTBOUND: readonly Imported[] = [
  { name: '@auth/core', modules: ['@auth/core'] },
  { name: '@auth/core/carriers/posti', modules: ['@auth/core/carriers/posti'] },
  { name: '@auth/fetch', modules: ['@auth/fetch'] },
  { name: '@auth/axios', modules: ['@auth/axios'], given: ['axios'] },
  { name: '@auth/got', modules: ['@auth/got'], given: ['got'] },
  { name: '@auth/ky', modules: ['@auth/ky'], given: ['ky'] },
  { name: '@smithy/property-provider', modules: ['@smithy/property-provider'] },
  { name: '@badgateway/oauth2-client', modules: ['@badgateway/oauth2-client'] },
  { name: 'axios-token-interceptor', modules: ['axios-token-interceptor'], given: ['axios'] },
  { name: 'axios-auth-refresh', modules: ['axios-auth-refresh'], given: ['axios'] },
  { name: 'google-auth-library', modules: ['google-auth-library'] },
  { name: '@azure/core-rest-pipeline', modules: ['@azure/core-rest-pipeline'] },
  { name: '@azure/msal-node', modules: ['@azure/msal-node'] },
  { name: '@octokit/auth-app', modules: ['@octokit/auth-app'] },
]

export const INBOUND: readonly Imported[] = [
  { name: '@auth/core/verify', modules: ['@auth/core/verify'] },
  { name: '@auth/express', modules: ['@auth/express'], given: ['express'] },
  { name: 'jose', modules: ['jose'] },
  { name: 'fast-jwt', modules: ['fast-jwt'] },
  { name: 'aws-jwt-verify', modules: ['aws-jwt-verify'] },
  { name: 'express-oauth2-jwt-bearer', modules: ['express-oauth2-jwt-bearer'], given: ['express'] },
  { name: 'express-jwt and jwks-rsa', modules: ['express-jwt', 'jwks-rsa'], given: ['express'] },
]
