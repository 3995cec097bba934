// Compile-only: `withAuth` returns what it is given.
import { posti } from '@auth/core'
import { authHooks, withAuth } from '@auth/got'
import got, { type Got, type RequestPromise, type Response } from 'got'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => {}

const strategy = posti({ username: 'user', password: 'password' }, { environment: 'Prod' })

const instance = withAuth(got, strategy)
same<typeof instance, Got>(true)

const parsing = got.extend({ responseType: 'json', resolveBodyOnly: true })
const authenticated = withAuth(parsing, strategy)
same<typeof authenticated, typeof parsing>(true)

export const wrapped: RequestPromise<Response<string>> = instance.get('parcels')
export const body: RequestPromise<unknown> = authenticated.get('parcels')
export const listed: Promise<{ id: string }[]> = instance('parcels').json<{ id: string }[]>()

const extended = got.extend(authHooks(strategy), { retry: { limit: 0 } })
export const also: RequestPromise<Response<string>> = extended('parcels')
export const withOptions: RequestPromise<string> = got
  .extend({ ...authHooks(strategy), resolveBodyOnly: true })
  .get('parcels')

// @ts-expect-error: a fetch is no got.
withAuth(fetch, strategy)
// @ts-expect-error: the strategy is missing.
withAuth(got)
