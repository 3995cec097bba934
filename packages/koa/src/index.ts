// @auth/koa: translates between Koa and the policies of @auth/core/verify.
export * from '@auth/core/verify'
export { type AuthState, requireAuth, requireScope } from './require-auth.ts'
export { serveResourceMetadata } from './resource-metadata.ts'
