import {
  type AuthRequest,
  apiKey,
  basic,
  bearer,
  type Credentials,
  clientCertificate,
  createStrategy,
  type Layer,
  queryKey,
  tokenCache,
} from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import type { Run, Table } from '../benchmark.ts'
import { API } from '../keepers/keeper.ts'
import { digits, percent } from '../timing/format.ts'
import { type Contender, interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median, spread } from '../timing/statistics.ts'
import { requests } from './requests.ts'

/** What each scheme costs, and several together. */
export async function schemesTable(run: Run): Promise<Table> {
  const tls = await (await createCertificateAuthority()).issueClient()
  const token = bearer(tokenCache({ token: () => ({ value: 'token', expiresAt: Date.now() + 3_600_000 }) }))
  const layers: Readonly<Record<string, readonly Layer[]>> = {
    'API key': [apiKey('x-api-key', 'key')],
    Basic: [basic({ username: 'user', password: 'password' })],
    'key in the query': [queryKey('key', 'key')],
    'Bearer token': [token],
    'client certificate, Bearer token and API key': [clientCertificate(tls), token, apiKey('x-api-key', 'key')],
  }
  const contenders = Object.entries(layers).map(([name, own]) => contender(name, own))
  const samples = await interleave(contenders, {
    rounds: run.quick ? 5 : 21,
    by: 'cpu',
    block: run.quick ? 30 : 100,
    progress: run.progress,
  })
  return {
    title: 'By scheme, without `await`',
    columns: ['', 'ns', 'spread'],
    rows: contenders.map(({ name }) => {
      const sample = cpuOf(samples, name)
      return [name, digits(median(sample) * 1e6), `± ${percent(spread(sample))}`]
    }),
    samples: Object.fromEntries(samples),
  }
}

function contender(name: string, layers: readonly Layer[]): Contender {
  const strategy = createStrategy({ origins: [API], layers })
  const next = requests()
  return {
    name,
    async probe() {
      const request: AuthRequest = { url: API, method: 'GET', headers: {} }
      await strategy.authorize(request)
      const credentials = strategy.authorize(request)
      if (credentials instanceof Promise) throw new Error('it has to be waited for')
      if (parts(credentials) !== layers.length) throw new Error('a layer has contributed nothing')
    },
    run(count) {
      for (let i = 0; i < count; i++) strategy.authorize(next())
    },
  }
}

function parts({ headers = {}, query = {}, tls }: Credentials): number {
  return Object.keys(headers).length + Object.keys(query).length + (tls === undefined ? 0 : 1)
}
