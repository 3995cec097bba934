// @auth/core/verify/testing: credentials that are valid, and such that almost are, for the tests of a protected app.
export { nearlyValidApiKeys, nearlyValidBasic } from './credentials.ts'
export { type TestIssuer, type TestIssuerOptions, testIssuer } from './test-issuer.ts'
