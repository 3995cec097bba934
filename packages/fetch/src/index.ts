// @auth/fetch: carrier authentication for fetch.
export { type AnyFetch, withAuth } from './with-auth.ts'
