import { memoryStore } from '@auth/core'
import type { CarrierId } from '@auth/core/carriers'
import type { Counters, Sandbox } from '@auth/sandbox'
import type { Account, Carrier } from './carrier.ts'
import type { Call, Client } from './clients.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import type { OwnApp } from './own-app.ts'

/** One thing that was tried with one client at one carrier. */
export interface Cell {
  readonly carrier: Carrier
  readonly client: Client
  readonly label: string
  readonly expected: string
  readonly outcome: Outcome
}

export interface Trial {
  readonly sandbox: Sandbox<CarrierId>
  readonly ownApp: OwnApp
  readonly carrier: Carrier
  readonly client: Client
  readonly onStart: (cell: Pick<Cell, 'carrier' | 'client' | 'label'>) => void
}

interface Case {
  readonly label: string
  readonly expected: string
  run(): Promise<Outcome>
}

/** Tries everything with one client at one carrier, call by call, so that the carrier's counters speak of it alone. */
export async function tryAll(trial: Trial): Promise<Cell[]> {
  const { carrier, client, onStart } = trial
  const cells: Cell[] = []
  for (const { label, expected, run } of await cases(trial)) {
    onStart({ carrier, client, label })
    cells.push({ carrier, client, label, expected, outcome: await whatever(run) })
  }
  return cells
}

/** A case that cannot even be tried is a wrong cell, and the others are tried all the same. */
async function whatever(run: Case['run']): Promise<Outcome> {
  try {
    return await run()
  } catch (error) {
    return { result: 'error', detail: String(error) }
  }
}

export function isRight({ expected, outcome }: Cell): boolean {
  return outcome.result === expected
}

async function cases({ carrier, client, sandbox, ownApp }: Trial): Promise<Case[]> {
  const { control } = sandbox[carrier.simulator]
  // The application's strategy and those put together by hand share one token, as its processes would.
  const account = await carrier.open(sandbox, memoryStore())
  const { url, wrongSecret, wrong, tokens = wrongSecret !== undefined } = account
  const call = client.connect(account.strategy)
  const tokenRequests = control.counters.tokenRequests
  const route = ownApp.serve(`/${carrier.id}/${client.id}`, () => call(url))
  const inbound = (label: string, expected: string, credentials: Parameters<OwnApp['strategy']>[0]): Case => ({
    label,
    expected,
    run: () => outcomeOf(client.connect(ownApp.strategy(credentials)), route),
  })
  return [
    { label: 'authenticated', expected: '200', run: () => outcomeOf(call, url) },
    ...(!tokens
      ? []
      : [
          {
            label: 'token revoked, call replayed',
            expected: '200',
            run: () => {
              control.revoke()
              return outcomeOf(call, url)
            },
          },
        ]),
    ...(wrongSecret === undefined
      ? []
      : [
          {
            label: 'wrong client secret',
            expected: 'rejected',
            run: async () => outcomeOf(client.connect(await wrongSecret()), url),
          },
        ]),
    ...(wrong === undefined
      ? []
      : [
          {
            label: 'secrets that were replaced',
            expected: 'refused',
            run: async () => asRefusal(await outcomeOf(client.connect(await wrong()), url)),
          },
        ]),
    ...layerCases(account, client, control.counters),
    inbound('own app, calling the carrier', '200', { certificate: true, key: 'own' }),
    inbound('own app, certificate missing', '401', { certificate: false, key: 'own' }),
    inbound('own app, key missing', '401', { certificate: true, key: 'none' }),
    inbound('own app, key of another party', '403', { certificate: true, key: 'other' }),
    {
      label: 'token requests',
      expected: String(expectedTokenRequests(account)),
      run: async () => ({ result: String(control.counters.tokenRequests - tokenRequests), detail: '' }),
    },
  ]
}

function layerCases({ url, layers, assemble }: Account, client: Client, counters: Counters): Case[] {
  return layers.flatMap(({ name, whenMissing, wrong }) => {
    const others = (replacement?: (typeof layers)[number]['right']): Call =>
      client.connect(
        assemble(
          layers.flatMap((layer) =>
            layer.name !== name ? [layer.right] : replacement === undefined ? [] : [replacement],
          ),
        ),
      )
    return [
      { label: `${name} missing`, expected: whenMissing, run: () => refused(others(), url, counters) },
      ...wrong.map(({ label, layer, result }) => ({
        label,
        expected: result,
        run: () => refused(others(layer), url, counters),
      })),
    ]
  })
}

/** One for all calls, one after the revocation, one with the wrong secret. */
function expectedTokenRequests({ layers, wrongSecret, tokens }: Account): number {
  if (tokens === true) return 3
  if (wrongSecret === undefined) return 0
  // A 401 does not say which layer it was about: one for another layer costs a token as well.
  const misleading = layers
    .filter(({ name }) => name !== 'token')
    .flatMap(({ whenMissing, wrong }) => [whenMissing, ...wrong.map(({ result }) => result)])
  return 3 + misleading.filter((result) => result === '401').length
}

/** Rejected by the token endpoint, or by the API with whatever status the carrier has for it. */
function asRefusal(outcome: Outcome): Outcome {
  return outcome.result === 'rejected' || /^4\d\d$/.test(outcome.result) ? { ...outcome, result: 'refused' } : outcome
}

/** A refused connection must not have become a request. */
async function refused(call: Call, url: string, counters: Counters): Promise<Outcome> {
  const before = counters.apiCalls
  const outcome = await outcomeOf(call, url)
  if (outcome.result !== 'TLS' || counters.apiCalls === before) return outcome
  return { result: 'error', detail: `the request arrived, and then: ${outcome.detail}` }
}
