import { posti, type Strategy } from '@auth/core'

/** The carrier's API: nobody calls it here. */
export const ORIGIN = 'http://127.0.0.1:9'

type Options = NonNullable<Parameters<typeof posti>[1]>

/** A strategy of Posti's against a token endpoint on loopback, whose token requests say which process they are of. */
export function strategyOf(credentials: Parameters<typeof posti>[0], options: Options): Strategy {
  return posti(credentials, {
    origins: [ORIGIN],
    allowInsecureLoopback: true,
    // A busy machine is no token endpoint that fails.
    timeout: 60_000,
    deadline: 120_000,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, 'x-process': String(process.pid) } }),
    ...options,
  })
}
