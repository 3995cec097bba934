import { withAuth as withAuthAxios } from '@auth/axios'
import type { Strategy } from '@auth/core'
import { withAuth as withAuthFetch } from '@auth/fetch'
import { withAuth as withAuthGot } from '@auth/got'
import { withAuth as withAuthKy } from '@auth/ky'
import axios from 'axios'
import got from 'got'
import ky from 'ky'

/** Sends a GET and tells what came back, whatever the status. */
export type Call = (url: string) => Promise<{ readonly status: number; readonly body: string }>

export interface Client {
  readonly id: string
  /** The client as an application would set it up for one strategy. */
  connect(strategy: Strategy): Call
}

/** Every client there is an adapter for. Nothing but the line with `withAuth` has to do with authentication. */
export const clients: readonly Client[] = [
  {
    id: 'axios',
    connect(strategy) {
      const client = withAuthAxios(axios.create({ validateStatus: () => true, responseType: 'text' }), strategy)
      return async (url) => {
        const { status, data } = await client.get<string>(url)
        return { status, body: data }
      }
    },
  },
  {
    id: 'got',
    connect(strategy) {
      const client = withAuthGot(got.extend({ throwHttpErrors: false, retry: { limit: 0 } }), strategy)
      return async (url) => {
        const { statusCode, body } = await client.get(url)
        return { status: statusCode, body }
      }
    },
  },
  {
    id: 'ky',
    connect(strategy) {
      const client = withAuthKy(ky.create({ throwHttpErrors: false, retry: 0 }), strategy)
      return async (url) => {
        const response = await client.get(url)
        return { status: response.status, body: await response.text() }
      }
    },
  },
  {
    id: 'fetch',
    connect(strategy) {
      const client = withAuthFetch(fetch, strategy)
      return async (url) => {
        const response = await client(url)
        return { status: response.status, body: await response.text() }
      }
    },
  },
]
