import { withAuth as withAuthAxios } from '@auth/axios'
import { bearer, clientSecretBasic, createStrategy, oauth2, type Strategy } from '@auth/core'
import { withAuth as withAuthFetch } from '@auth/fetch'
import { withAuth as withAuthGot } from '@auth/got'
import { withAuth as withAuthKy } from '@auth/ky'
import axios from 'axios'
import got from 'got'
import ky from 'ky'
import { CLIENT } from '../keepers/keeper.ts'
import type { RemoteAccount } from '../loopback/authority.ts'
import type { MakeCaller } from './caller.ts'

function strategy({ tokenEndpoint, api }: RemoteAccount): Strategy {
  const clientAuth = clientSecretBasic(CLIENT.id, CLIENT.secret)
  return createStrategy({
    origins: [new URL(api).origin],
    layers: [bearer(oauth2({ tokenEndpoint, clientAuth, allowInsecureLoopback: true }))],
    allowInsecureLoopback: true,
  })
}

const fetchCaller: MakeCaller = (account) => {
  const own = withAuthFetch(fetch, strategy(account))
  return { name: '@auth/fetch', call: async () => drained(await own(account.api)) }
}

const axiosCaller: MakeCaller = (account) => {
  const own = withAuthAxios(axios.create(), strategy(account))
  return { name: '@auth/axios', call: async () => (await own.get(account.api)).status }
}

const gotCaller: MakeCaller = (account) => {
  const own = withAuthGot(got, strategy(account))
  return { name: '@auth/got', call: async () => (await own.get(account.api)).statusCode }
}

const kyCaller: MakeCaller = (account) => {
  const own = withAuthKy(ky, strategy(account))
  return { name: '@auth/ky', call: async () => drained(await own.get(account.api)) }
}

async function drained(response: Response): Promise<number> {
  await response.arrayBuffer()
  return response.status
}

export const ourCallers: readonly MakeCaller[] = [fetchCaller, axiosCaller, gotCaller, kyCaller]
