// node --conditions=@auth/source tooling/bench/src/fleet-simulation.ts [--processes 10000] [--accounts 1000] [--budget 20]
// More processes than fit on a machine, in virtual time: the real cache, guard and lease over a store in memory that is
// as far away as Redis. --budget: token requests per second that the token endpoint bears; without it, as many as come.
import { parseArgs } from 'node:util'
import { type CachedTokenSource, clientSecretPost, oauth2, type RateLimit } from '@auth/core'
import { latency, randomNumbers } from './simulation/random.ts'
import { simulatedStore } from './simulation/store.ts'
import { type Tally, table, tally } from './simulation/tally.ts'
import { virtualTime } from './simulation/virtual-time.ts'

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '10000' },
    accounts: { type: 'string', default: '1000' },
    budget: { type: 'string' },
  },
})
const PROCESSES = Number(values.processes)
const ACCOUNTS = Number(values.accounts)
const BUDGET: readonly RateLimit[] = values.budget === undefined ? [] : [{ count: Number(values.budget), per: 1000 }]

const MINUTE = 60_000
/** Each process ships for so many accounts, and calls the API for each of them so often. */
const ACCOUNTS_EACH = 10
const BETWEEN_CALLS = MINUTE
const LIFETIME = 3600
// Accounts are not all new on the same day: the first token of each ends after 10 minutes to an hour.
const SHORTEST = 600
const ENDPOINT = { least: 150, spread: 100 }

// What happens when, in minutes.
const START = { from: 0, to: 10 }
const DEPLOY = { from: 80, to: 100 }
const OUTAGE = { from: 130, to: 140 }
const FAIL_OVER = { at: 170, seconds: 15 }
const END = 190
const tallies: readonly Tally[] = [
  tally('first start', 0, 12 * MINUTE),
  tally('all is well', 12 * MINUTE, DEPLOY.from * MINUTE),
  tally('rolling deploy', DEPLOY.from * MINUTE, (DEPLOY.to + 5) * MINUTE),
  tally('outage', OUTAGE.from * MINUTE, OUTAGE.to * MINUTE),
  tally('after it', OUTAGE.to * MINUTE, (OUTAGE.to + 10) * MINUTE),
  tally('fail-over', FAIL_OVER.at * MINUTE, (FAIL_OVER.at + 5) * MINUTE),
]

const time = virtualTime()
const { clock } = time
const random = randomNumbers(1)
const during = (): Tally | undefined =>
  tallies.find(({ from, to }) => clock.monotonic() >= from && clock.monotonic() < to)
const store = simulatedStore(time, random, () => during()?.storeOperations.add(clock.monotonic()))

let issued = 0
const fetch = async (): Promise<Response> => {
  during()?.tokenRequests.add(clock.monotonic())
  const out = clock.monotonic() >= OUTAGE.from * MINUTE && clock.monotonic() < OUTAGE.to * MINUTE
  await clock.delay(out ? 50 : latency(random, ENDPOINT.least, ENDPOINT.spread))
  if (out) return answer(503, '{}')
  const lifetime = ++issued > ACCOUNTS ? LIFETIME : Math.round(SHORTEST + random() * (LIFETIME - SHORTEST))
  return answer(200, JSON.stringify({ access_token: `token-${issued}`, token_type: 'Bearer', expires_in: lifetime }))
}

/** A response whose body is there at once, without the stream's own turns of the event loop. */
function answer(status: number, text: string): Response {
  let chunk: Uint8Array | undefined = new TextEncoder().encode(text)
  const body = {
    getReader: () => ({
      async read() {
        const value = chunk
        chunk = undefined
        return value === undefined ? { done: true } : { done: false, value }
      },
    }),
  }
  return { status, headers: new Headers(), body } as unknown as Response
}

const credentials = Array.from({ length: ACCOUNTS }, (_, i) => clientSecretPost(`account-${i}`, 'secret'))
function source(account: number): CachedTokenSource {
  return oauth2({
    tokenEndpoint: 'https://token.example/token',
    clientAuth: credentials[account] as (typeof credentials)[number],
    store,
    clock,
    fetch,
    budget: BUDGET,
  })
}

/** One account in one process; a restart replaces its source, which is then as cold as any. */
interface Work {
  readonly account: number
  source: CachedTokenSource | undefined
}

/** Makes the sources of a process, and lets each derive its key, which is no matter of virtual time. */
async function start(work: readonly Work[]): Promise<void> {
  store.idle = true
  for (const one of work) one.source = source(one.account)
  await Promise.all(work.map((one) => one.source?.reset()))
  store.idle = false
}

function call(work: Work): void {
  time.at(clock.monotonic() + BETWEEN_CALLS * (0.5 + random()), () => call(work))
  const now = during()
  if (now === undefined || work.source === undefined) {
    void Promise.resolve(work.source?.token()).catch(() => {})
    return
  }
  now.calls++
  const token = work.source.token()
  if (!(token instanceof Promise)) {
    if (token.expiresAt <= clock.now()) now.expired++
    return
  }
  now.blocked++
  const since = clock.monotonic()
  const waited = (): void => {
    now.longestWait = Math.max(now.longestWait, clock.monotonic() - since)
  }
  token.then(waited, () => {
    waited()
    now.failed++
  })
}

const startedAt = performance.now()
const started = new Set<readonly Work[]>()
for (let process = 0; process < PROCESSES; process++) {
  const work = Array.from(
    { length: ACCOUNTS_EACH },
    (): Work => ({
      account: Math.floor(random() * ACCOUNTS),
      source: undefined,
    }),
  )
  const share = process / PROCESSES
  time.at(START.from * MINUTE + share * (START.to - START.from) * MINUTE, async () => {
    await start(work)
    started.add(work)
    for (const one of work) time.at(clock.monotonic() + random() * BETWEEN_CALLS, () => call(one))
  })
  time.at(DEPLOY.from * MINUTE + share * (DEPLOY.to - DEPLOY.from) * MINUTE, () => start(work))
}
time.at(FAIL_OVER.at * MINUTE, () => store.failOver(FAIL_OVER.seconds * 1000))

for (let minute = 1; minute <= END; minute++) {
  await time.runUntil(minute * MINUTE)
  if (process.stderr.isTTY) process.stderr.write(`\rminute ${minute} of ${END}`)
}

const peak = Math.max(...tallies.map(({ storeOperations }) => storeOperations.peak))
const calm = tallies[1] as Tally
const mean = calm.storeOperations.total / ((calm.to - calm.from) / 1000)
console.log(`
${PROCESSES} processes, ${ACCOUNTS} accounts, ${ACCOUNTS_EACH} in each process, a call a minute for each; tokens of ${LIFETIME} s
budget ${BUDGET.length === 0 ? 'none' : `${values.budget} per second`}; simulated in ${((performance.now() - startedAt) / 1000).toFixed(0)} s

${table(tallies)}

Sizing Redis: ${mean.toFixed(0)} operations per second when all is well and ${peak} in the worst second, each a script on
one key of about 2 KB; a single small node does tens of thousands. What counts is connections: ${PROCESSES} processes need
as many, and Redis permits 10 000 unless \`maxclients\` says otherwise.`)
