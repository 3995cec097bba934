// node --conditions=@auth/source tooling/bench/src/fleet-soak.ts [--seconds 180]
// A fleet on one account for minutes, with tokens of 5 s, while Redis restarts and the token endpoint fails.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { redisServer } from '@auth/testing/redis-server'

/** What the callers of one process met with. */
export interface Counts {
  calls: number
  failed: number
  /** Calls that went out with a token past its end. */
  expired: number
  /** Callers who had to wait although a token was at hand. */
  blockedInWindow: number
  blockedWithoutToken: number
  /** ms. */
  longestWait: number
  events: Record<string, number>
}

const PROCESSES = 8
const LIFETIME = 5000
// Each half minute: Redis is killed and away for 3 s, and later the token endpoint fails for 10 s: 503 for the first
// 300 ms of every second.
const ROUND = 30_000
const REDIS_AWAY = { from: 8000, for: 3000 }
const FAILING = { from: 18_000, for: 10_000, each: 1000, first: 300 }

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '180' } } })
const duration = Number(values.seconds) * 1000

const issued: { at: number; during: 'calm' | 'redis away' | 'failing' }[] = []
const asked = { total: 0, refused: 0 }
const startedAt = performance.now()
const since = (): number => (performance.now() - startedAt) % ROUND

function phase(at = since()): 'calm' | 'redis away' | 'failing' {
  if (at >= REDIS_AWAY.from && at < REDIS_AWAY.from + REDIS_AWAY.for + LIFETIME) return 'redis away'
  if (at >= FAILING.from && at < FAILING.from + FAILING.for) return 'failing'
  return 'calm'
}

const server = createServer(async (request, response) => {
  request.resume()
  asked.total++
  await delay(30)
  const at = since()
  if (phase(at) === 'failing' && (at - FAILING.from) % FAILING.each < FAILING.first) {
    asked.refused++
    response.writeHead(503).end()
    return
  }
  issued.push({ at: performance.now(), during: phase(at) })
  const token = `${issued.length}.${Date.now() + LIFETIME}`
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: LIFETIME / 1000 }))
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`

const redis = await redisServer()
const program = fileURLToPath(new URL('fleet-soak-process.ts', import.meta.url))
const children = Array.from({ length: PROCESSES }, () =>
  fork(program, [redis.url, tokenEndpoint], { execArgv: ['--conditions=@auth/source'] }),
)

let restarts = 0
while (performance.now() - startedAt < duration) {
  const at = since()
  const wait = at <= REDIS_AWAY.from ? REDIS_AWAY.from - at : ROUND - at + REDIS_AWAY.from
  if (performance.now() - startedAt + wait + REDIS_AWAY.for > duration) break
  await delay(wait)
  await redis.stop()
  await delay(REDIS_AWAY.for)
  await redis.start()
  restarts++
}
await delay(Math.max(duration - (performance.now() - startedAt), 0))

const all = await Promise.all(
  children.map(async (child) => {
    const counts = once(child, 'message')
    child.send('stop')
    const [answer] = (await counts) as [Counts]
    child.kill()
    return answer
  }),
)
await redis.stop()
server.close()
server.closeAllConnections()

const sum = (pick: (counts: Counts) => number): number => all.reduce((total, counts) => total + pick(counts), 0)
const during = (which: string): number => issued.filter((one) => one.during === which).length
// Refreshed from 80 to 84 % of their life on.
const REFRESHED = 0.82 * LIFETIME
/** Tokens that so many ms need, if all share them. */
const due = (ms: number): string => `(${((ms * (duration / ROUND)) / REFRESHED).toFixed(0)} are due)`
const away = REDIS_AWAY.for + LIFETIME
const events = Object.keys(Object.assign({}, ...all.map((counts) => counts.events))).sort()

console.log(`${PROCESSES} processes, tokens of ${LIFETIME} ms, ${duration / 1000} s, ${restarts} restarts of Redis
calls                                            ${sum(({ calls }) => calls)}
failed calls                                     ${sum(({ failed }) => failed)}
calls that went out with an expired token        ${sum(({ expired }) => expired)}
callers blocked although a token was at hand     ${sum(({ blockedInWindow }) => blockedInWindow)}
callers blocked because there was none           ${sum(({ blockedWithoutToken }) => blockedWithoutToken)}
longest wait                                     ${Math.max(...all.map(({ longestWait }) => longestWait)).toFixed(0)} ms
token requests                                   ${asked.total}, of which ${asked.refused} answered 503
tokens issued                                    ${issued.length}
  while all was well                             ${during('calm')} ${due(ROUND - away - FAILING.for)}
  while the token endpoint failed now and then   ${during('failing')} ${due(FAILING.for)}
  while Redis was away, and one lifetime after   ${during('redis away')} (up to one in each process and lifetime)`)
for (const type of events) console.log(`event ${type.padEnd(42)} ${sum((counts) => counts.events[type] ?? 0)}`)
