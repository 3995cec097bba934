// Compile-only: what `withAuth` returns has the type of what it is given.
import { posti } from '@auth/core'
import { withAuth } from '@auth/fetch'
import createClient from 'openapi-fetch'
import * as undici from 'undici'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => {}

const strategy = posti({ username: 'user', password: 'password' }, { environment: 'Prod' })

const globalFetch = withAuth(fetch, strategy)
same<typeof globalFetch, typeof fetch>(true)

const undiciFetch = withAuth(undici.fetch, strategy)
same<typeof undiciFetch, typeof undici.fetch>(true)

const narrow = async (input: URL): Promise<Response> => fetch(input)
const narrowFetch = withAuth(narrow, strategy)
same<typeof narrowFetch, typeof narrow>(true)

const retrying = Object.assign((...args: Parameters<typeof fetch>) => fetch(...args), { retries: 3 })
export const retries: number = withAuth(retrying, strategy).retries

export const client = createClient<object>({ baseUrl: 'https://api.example', fetch: withAuth(fetch, strategy) })

// @ts-expect-error: what is fetched from is no fetch.
withAuth('https://api.example', strategy)
// @ts-expect-error: the strategy is missing.
withAuth(fetch)
// @ts-expect-error: credentials are no strategy.
withAuth(fetch, { username: 'user', password: 'password' })
