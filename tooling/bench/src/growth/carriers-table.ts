import {
  type AuthRequest,
  easypostConnect,
  machineToMachine,
  nzPost,
  posti,
  type Strategy,
  sendcloud,
} from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import type { Run, Table } from '../benchmark.ts'
import { digits, percent } from '../timing/format.ts'
import { type Contender, interleave } from '../timing/interleave.ts'
import { cpuOf } from '../timing/samples.ts'
import { median, spread } from '../timing/statistics.ts'

const issue: typeof fetch = async () =>
  Response.json({ access_token: 't'.repeat(300), token_type: 'Bearer', expires_in: 86_400 })

const client = { clientId: 'client', clientSecret: 'secret' }

/** Several carriers, used in turn by one process: their code is shared, and so is what the engine has learnt of it. */
export async function carriersTable(run: Run): Promise<Table> {
  const tls = await (await createCertificateAuthority()).issueClient()
  const strategies: readonly Strategy[] = [
    posti({ username: 'user', password: 'password' }, { fetch: issue }),
    nzPost(client, { fetch: issue, environment: 'production' }),
    sendcloud({ publicKey: 'public', secretKey: 'secret' }, { mode: 'basic' }),
    machineToMachine(client, { fetch: issue, baseUrl: 'https://m2m.example' }),
    easypostConnect({ ...client, apiKey: 'key', tls }, { fetch: issue, environment: 'PRO' }),
  ]
  const contenders = strategies.map((_, i) => inTurn(strategies.slice(0, i + 1)))
  const samples = await interleave(contenders, {
    rounds: run.quick ? 3 : 21,
    by: 'cpu',
    block: run.quick ? 20 : 100,
    progress: run.progress,
  })
  return {
    title: 'Warm attach with several carriers in turn',
    columns: ['', 'ns', 'spread'],
    rows: contenders.map(({ name }) => {
      const sample = cpuOf(samples, name)
      return [name, digits(median(sample) * 1e6), `± ${percent(spread(sample))}`]
    }),
    samples: Object.fromEntries(samples),
  }
}

function inTurn(strategies: readonly Strategy[]): Contender {
  const requests = strategies.map(({ origins: [origin] }): AuthRequest => {
    return { url: `${origin}/shipments`, method: 'GET', headers: { accept: 'application/json' } }
  })
  let next = 0
  return {
    name: strategies.map(({ id }) => id).join(', '),
    async probe() {
      for (const [i, strategy] of strategies.entries()) {
        const { headers = {} } = await strategy.authorize(requests[i] as AuthRequest)
        if (headers.authorization === undefined) throw new Error(`${strategy.id} attaches nothing`)
      }
    },
    async run(times) {
      for (let i = 0; i < times; i++) {
        const turn = next++ % strategies.length
        await strategies[turn]?.authorize(requests[turn] as AuthRequest)
      }
    },
  }
}
