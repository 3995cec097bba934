// @auth/hono: translates between Hono and the policies of @auth/core/verify.
export * from '@auth/core/verify'
export { getIdentity } from './identity.ts'
export { type RequireAuthOptions, requireAuth } from './require-auth.ts'
export { requireScope } from './require-scope.ts'
export { serveResourceMetadata } from './resource-metadata.ts'
export { listUnprotectedRoutes, type UnprotectedRoute, type UnprotectedRoutesOptions } from './unprotected-routes.ts'
