// Compile-only: `withAuth` returns an instance, `authHooks` the options of one.
import { posti } from '@auth/core'
import { authHooks, withAuth } from '@auth/ky'
import ky, { type KyInstance, type Options } from 'ky'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => {}

const strategy = posti({ username: 'user', password: 'password' }, { environment: 'Prod' })

const instance = withAuth(ky, strategy)
same<typeof instance, KyInstance>(true)
const extended = withAuth(ky.extend({ retry: 0 }), strategy).extend({ timeout: 1_000 })
same<typeof extended, KyInstance>(true)
const hooks = authHooks(strategy)
same<typeof hooks, Options>(true)

export const parcels: Promise<{ id: string }[]> = instance.get('parcels').json<{ id: string }[]>()
export const created: KyInstance = ky.create({ ...authHooks(strategy), retry: 2 })

// @ts-expect-error: a fetch is no ky.
withAuth(fetch, strategy)
// @ts-expect-error: the strategy is missing.
withAuth(ky)
