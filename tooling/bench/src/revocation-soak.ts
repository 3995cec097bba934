// node --conditions=@auth/source tooling/bench/src/revocation-soak.ts [--seconds 180]
// Four processes on one account with JWTs of 5 s; the API revokes every token each 6 s, and Redis is away for 8 s.
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { redisServer } from '@auth/testing/redis-server'
import { decodeJwt, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import type { Outcome } from './revocation-soak-process.ts'

const PROCESSES = 4
const LIFETIME = 5
const REVOKE_EACH = 6000
const REDIS_AWAY = 8000
const MOST_FAILED = 0.005

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '180' } } })
const duration = Number(values.seconds) * 1000
const { publicKey, privateKey } = await generateKeyPair('ES256')
let revokedBefore = 0
let issued = 0

/** Why the API rejects a token, or `undefined`. */
async function objection(token: string): Promise<string | undefined> {
  try {
    await jwtVerify(token, publicKey)
  } catch (error) {
    return (error as { code?: string }).code
  }
  return Number(decodeJwt(token).issuedMs) < revokedBefore ? 'revoked' : undefined
}

const server = createServer(async (request, response) => {
  request.resume()
  if (request.url === '/token') {
    issued++
    const access_token = await new SignJWT({ issuedMs: Date.now() })
      .setProtectedHeader({ alg: 'ES256' })
      .setJti(randomUUID())
      .setExpirationTime(`${LIFETIME}s`)
      .sign(privateKey)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token, token_type: 'Bearer', expires_in: LIFETIME }))
    return
  }
  const problem = await objection(request.headers.authorization?.replace('Bearer ', '') ?? '')
  response.writeHead(problem === undefined ? 200 : 401).end(problem)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const redis = await redisServer()
const program = fileURLToPath(new URL('revocation-soak-process.ts', import.meta.url))
const children = Array.from({ length: PROCESSES }, () =>
  fork(program, [redis.url, origin], { execArgv: ['--conditions=@auth/source'] }),
)
let revocations = 0
const revoking = setInterval(() => {
  revokedBefore = Date.now()
  revocations++
}, REVOKE_EACH)

await delay(duration / 3)
const left = Date.now()
await redis.stop()
await delay(REDIS_AWAY)
await redis.start()
const back = Date.now()
await delay((duration * 2) / 3 - REDIS_AWAY)

const all = await Promise.all(
  children.map(async (child) => {
    const outcome = once(child, 'message')
    child.send('stop')
    const [answer] = (await outcome) as [Outcome]
    child.kill()
    return answer
  }),
)
clearInterval(revoking)
await redis.stop()
server.close()
server.closeAllConnections()

const calls = all.reduce((sum, outcome) => sum + outcome.calls, 0)
const failures = all.flatMap((outcome) => outcome.failures)
const kinds = new Map<string, number>()
for (const { at, what } of failures) {
  const when = at >= left && at <= back + LIFETIME * 1000 ? 'while Redis was away, or one lifetime after' : 'otherwise'
  const kind = `${what}, ${when}`
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
}
console.log(`${PROCESSES} processes, JWTs of ${LIFETIME} s, ${duration / 1000} s, ${revocations} revocations
calls            ${calls}
tokens issued    ${issued}
failed calls     ${failures.length} (${((100 * failures.length) / calls).toFixed(3)} %)`)
for (const [kind, count] of kinds) console.log(`  ${count} × ${kind}`)
const events = Object.keys(Object.assign({}, ...all.map((outcome) => outcome.events))).sort()
for (const type of events) {
  console.log(`event ${type.padEnd(28)} ${all.reduce((sum, outcome) => sum + (outcome.events[type] ?? 0), 0)}`)
}
if (failures.length / calls >= MOST_FAILED) process.exitCode = 1
