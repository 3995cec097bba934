// @auth/express/testing: credentials that are valid, and such that almost are, for the tests of a protected app.
export * from '@auth/core/verify/testing'
