// @auth/express: translates between Express 5 and the policies of @auth/core/verify.
export * from '@auth/core/verify'
export { type CarrierProxyOptions, carrierProxy } from './carrier-proxy.ts'
export { getIdentity } from './identity.ts'
export { type RequireAuthOptions, requireAuth, sendAnswer } from './require-auth.ts'
export { requireScope } from './require-scope.ts'
export { listUnprotectedRoutes, type UnprotectedRoute } from './unprotected-routes.ts'
