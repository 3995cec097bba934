// Runtimes other than Node, and bundles for browsers: nothing leads to undici from here.
export { noIdentity as presentIdentity } from '@auth/core/adapter'
