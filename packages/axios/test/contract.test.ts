import { describeAdapter } from '@auth/testing'
import axios, { type AxiosStatic } from 'axios'
import oldest from 'axios-oldest'
import { withAuth } from '../src/index.ts'
import { axiosClient } from './axios-client.ts'

describeAdapter('axios, axios-retry after', axiosClient(axios, withAuth))
describeAdapter('axios, axios-retry before', axiosClient(axios, withAuth, { retryFirst: true }))
describeAdapter('axios by fetch', axiosClient(axios, withAuth, { adapter: 'fetch' }))
// Its types are another release's.
describeAdapter('the oldest axios', axiosClient(oldest as unknown as AxiosStatic, withAuth))
