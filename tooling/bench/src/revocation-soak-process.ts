// One process of the revocation soak: calls the API all the time, and tells its parent what failed.
import { setTimeout as delay } from 'node:timers/promises'
import { bearer, clientSecretPost, createStrategy, oauth2 } from '@auth/core'
import { withAuth } from '@auth/fetch'
import { redisStore } from '@auth/redis'
import { createClient } from 'redis'

/** What one process met with: calls, and how often each kind of failure. */
export interface Outcome {
  calls: number
  failures: { at: number; what: string }[]
  events: Record<string, number>
}

const [redisUrl = '', origin = ''] = process.argv.slice(2)
const client = createClient({ url: redisUrl })
client.on('error', () => {})
client.connect().catch(() => {})

const outcome: Outcome = { calls: 0, failures: [], events: {} }
const strategy = createStrategy({
  origins: [origin],
  allowInsecureLoopback: true,
  layers: [
    bearer(
      oauth2({
        tokenEndpoint: `${origin}/token`,
        clientAuth: clientSecretPost('soak', 'secret'),
        store: redisStore(client),
        allowInsecureLoopback: true,
        onEvent: ({ type }) => {
          outcome.events[type] = (outcome.events[type] ?? 0) + 1
        },
      }),
    ),
  ],
})
const api = withAuth(fetch, strategy)
let stopped = false

async function call(): Promise<void> {
  outcome.calls++
  try {
    const response = await api(`${origin}/labels`)
    const text = await response.text()
    if (!response.ok) outcome.failures.push({ at: Date.now(), what: `${response.status}: ${text}` })
  } catch (error) {
    const { code, message } = ((error as Error).cause ?? error) as Error & { code?: string }
    outcome.failures.push({ at: Date.now(), what: code ?? message })
  }
}

process.on('message', () => {
  stopped = true
})
process.on('disconnect', () => process.exit())

while (!stopped) await Promise.all([delay(25), call(), call()])
process.send?.(outcome)
