// One process of the soak run: calls all the time, and counts what its callers met with.
import { setTimeout as delay } from 'node:timers/promises'
import { bearer, clientSecretPost, createStrategy, oauth2 } from '@auth/core'
import { redisStore } from '@auth/redis'
import { createClient } from 'redis'
import type { Counts } from './fleet-soak.ts'

const [redisUrl = '', tokenEndpoint = ''] = process.argv.slice(2)
const client = createClient({ url: redisUrl })
client.on('error', () => {})
client.connect().catch(() => {})

const counts: Counts = {
  calls: 0,
  failed: 0,
  expired: 0,
  blockedInWindow: 0,
  blockedWithoutToken: 0,
  longestWait: 0,
  events: {},
}
const strategy = createStrategy({
  origins: ['http://127.0.0.1:9'],
  allowInsecureLoopback: true,
  layers: [
    bearer(
      oauth2({
        tokenEndpoint,
        clientAuth: clientSecretPost('soak', 'secret'),
        store: redisStore(client),
        allowInsecureLoopback: true,
        onEvent: ({ type }) => {
          counts.events[type] = (counts.events[type] ?? 0) + 1
        },
      }),
    ),
  ],
})
const request = { url: 'http://127.0.0.1:9/', method: 'GET', headers: {} }
let stopped = false

/** A token says when it ends: `<n>.<epoch ms>`. */
function judge(authorization = ''): void {
  if (Date.now() >= Number(authorization.split('.')[1])) counts.expired++
}

/** Whether a token was at hand: short of its hard margin of 500 ms, and of the moment that asking takes. */
function hadToken(): boolean {
  const { expiresAt = 0 } = strategy.status().layers[0] ?? {}
  return expiresAt - Date.now() > 500 + 10
}

async function call(): Promise<void> {
  counts.calls++
  const had = hadToken()
  const credentials = strategy.authorize(request)
  if (!(credentials instanceof Promise)) return judge(credentials.headers?.authorization)
  if (had) counts.blockedInWindow++
  else counts.blockedWithoutToken++
  const startedAt = performance.now()
  try {
    judge((await credentials).headers?.authorization)
  } catch {
    counts.failed++
  }
  counts.longestWait = Math.max(counts.longestWait, performance.now() - startedAt)
}

process.on('message', () => {
  stopped = true
})
process.on('disconnect', () => process.exit())

while (!stopped) {
  // Five callers at once, about every 5 ms.
  await Promise.all([delay(5), call(), call(), call(), call(), call()])
}
process.send?.(counts)
