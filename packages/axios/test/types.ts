// Compile-only: `withAuth` returns what it is given.
import { withAuth } from '@auth/axios'
import { posti } from '@auth/core'
import axios, { type AxiosInstance, type AxiosResponse, type AxiosStatic } from 'axios'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Same<A, B>): void => {}

const strategy = posti({ username: 'user', password: 'password' }, { environment: 'Prod' })

const instance = withAuth(axios.create(), strategy)
same<typeof instance, AxiosInstance>(true)
const everything = withAuth(axios, strategy)
same<typeof everything, AxiosStatic>(true)

interface Parcels extends AxiosInstance {
  track(id: string): Promise<string>
}
const parcels = withAuth(axios.create() as Parcels, strategy)
same<typeof parcels, Parcels>(true)

// The types of the two builds are not each other's.
type CommonJsInstance = import('axios', { with: { 'resolution-mode': 'require' }}).AxiosInstance
const required = withAuth(axios.create() as unknown as CommonJsInstance, strategy)
same<typeof required, CommonJsInstance>(true)

export const listed: Promise<AxiosResponse<{ id: string }[]>> = instance.get<{ id: string }[]>('parcels')

// @ts-expect-error: a fetch is no axios.
withAuth(fetch, strategy)
// @ts-expect-error: the strategy is missing.
withAuth(axios)
