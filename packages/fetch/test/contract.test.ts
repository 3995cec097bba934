import { describeAdapter } from '@auth/testing'
import * as undici7 from 'undici'
import * as undici6 from 'undici6'
import * as undici8 from 'undici8'
import { withAuth } from '../src/index.ts'
import { fetchClient } from './fetch-client.ts'

type Fetch = typeof globalThis.fetch

describeAdapter(
  'fetch',
  fetchClient((strategy, below = fetch) => withAuth(below, strategy)),
)

for (const [release, undici] of Object.entries({ undici6, undici7, undici8 })) {
  const own = undici.fetch as unknown as Fetch
  const client = fetchClient((strategy, below = own) => withAuth(below, strategy))
  describeAdapter(`the fetch of ${release}`, client)
}
