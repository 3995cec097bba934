// @auth/ky: carrier authentication for ky.
export { authHooks, withAuth } from './with-auth.ts'
