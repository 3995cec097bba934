// @auth/fastify: translates between Fastify and the policies of @auth/core/verify.
export * from '@auth/core/verify'
export type { GuardHook } from './hooks.ts'
export { type AuthPluginOptions, authPlugin, authPlugin as default } from './plugin.ts'
export { serveResourceMetadata } from './resource-metadata.ts'
export { listUnprotectedRoutes, type UnprotectedRoute, type UnprotectedRoutesOptions } from './unprotected-routes.ts'
