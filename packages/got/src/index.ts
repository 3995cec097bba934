export { authHooks } from './auth-hooks.ts'
export { withAuth } from './with-auth.ts'
