// Runtimes other than Node, and bundles for browsers: nothing leads to undici from here.
export { noIdentity as presentIdentity } from '@auth/core/adapter'

/** The first call says that certificates need Node: until then it is not known where the code runs. */
export function checkIdentity(): void {}
