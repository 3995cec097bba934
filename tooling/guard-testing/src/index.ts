// The contract suite of guards, and what it is made of.
export { type Attack, forge, jwks } from './attacks/forge.ts'
export { catalogue } from './attacks/index.ts'
export { type DescribeGuardOptions, describeGuard } from './describe-guard.ts'
export type { GuardRoute, ServedGuard, ServeGuard } from './guard-route.ts'
