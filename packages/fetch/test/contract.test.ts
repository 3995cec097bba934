import { describeAdapter } from '@auth/testing'
import { withAuth } from '../src/index.ts'
import { fetchClient } from './fetch-client.ts'

describeAdapter(
  'fetch',
  fetchClient((strategy) => withAuth(fetch, strategy)),
)
