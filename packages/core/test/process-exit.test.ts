import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { selfSigned } from './support/certificates.ts'
import { type Answer, json, loopback } from './support/loopback.ts'
import { tlsLoopback } from './support/tls-loopback.ts'

const CORE = fileURLToPath(new URL('..', import.meta.url))
// A timer that holds a process would hold it for longer: the shortest is the store's second.
const AT_ONCE = 700

interface Exit {
  readonly code: number | null
  readonly output: string
  readonly errors: string
  /** ms from when the program said that it is done to its end. */
  readonly lingered: number
}

const PRELUDE = `
  import * as core from '@auth/core'
  import { systemClock } from './src/clock.ts'
  const [origin, ca] = process.argv.slice(1)
  const { bearer, clientSecretPost, createStrategy, memoryStore, oauth2, posti } = core
  const source = (options = {}) => oauth2({
    tokenEndpoint: origin + '/token',
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    ...options,
  })
  let ahead = 0
  const clock = {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    delay: systemClock.delay,
  }
`

/** Runs a program as a user would, in a process of its own. */
async function run(program: string, ...args: string[]): Promise<Exit> {
  const child = spawn(
    process.execPath,
    ['--conditions=@auth/source', '--input-type=module', '--eval', `${PRELUDE}\n${program}`, '--', ...args],
    { cwd: CORE, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  let errors = ''
  let done = Number.NaN
  child.stdout.on('data', (chunk) => {
    output += chunk
    if (output.includes('done')) done = performance.now()
  })
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output: output.trim(), errors, lingered: performance.now() - done }
}

const issues =
  (lifetime = 3600): Answer =>
  (_, response) =>
    json(response, 200, { access_token: 'abc', expires_in: lifetime })

/** Answers in turn, the last one for good. */
function inTurn(...answers: Answer[]): Answer {
  let n = 0
  return (request, response) => answers[Math.min(n++, answers.length - 1)]?.(request, response)
}

const hangs: Answer = () => {}
const fails: Answer = (_, response) => json(response, 503, {})

describe('a finished program ends at once', () => {
  const expectAtOnce = ({ code, errors, lingered, output }: Exit): void => {
    expect({ code, errors, output }).toEqual({ code: 0, errors: '', output: 'done' })
    expect(lingered).toBeLessThan(AT_ONCE)
  }

  test('while a token is cached', async () => {
    const server = await loopback(issues())
    expectAtOnce(await run(`await source().token(); console.log('done')`, server.origin))
    expect(server.requests).toHaveLength(1)
  })

  test('while a token is cached that came over a connection with anchors of its own', async () => {
    const pair = await selfSigned()
    const server = await tlsLoopback(pair, issues())
    expectAtOnce(await run(`await source({ ca }).token(); console.log('done')`, server.origin, pair.cert))
    expect(server.requests).toHaveLength(1)
  })

  test('while a token is cached in a store', async () => {
    const server = await loopback(issues())
    const program = `const store = memoryStore(); await source({ store }).token(); console.log('done')`
    expectAtOnce(await run(program, server.origin))
  })

  test('while a lease in the store is held, by somebody who never comes back', async () => {
    const server = await loopback(issues())
    const program = `
      const store = memoryStore()
      await source({ store }).token()
      await store.lease('key', [{ count: 1, per: 60_000 }], 0)
      console.log('done')`
    expectAtOnce(await run(program, server.origin))
  })

  test('while a background refresh is due, and after one that failed', async () => {
    const server = await loopback(inTurn(issues(60), fails))
    const program = `
      const tokens = source({ clock })
      await tokens.token()
      ahead = 52_000
      tokens.token()
      while (tokens.status().lastFailure === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
      ahead = 53_500
      console.log('done')`
    expectAtOnce(await run(program, server.origin))
    expect(server.requests).toHaveLength(2)
  })

  test('while a background refresh waits for nothing but its time limit', async () => {
    const server = await loopback(issues(60))
    const program = `
      let hangs = false
      const tokens = source({ clock, fetch: (...args) => (hangs ? new Promise(() => {}) : fetch(...args)) })
      await tokens.token()
      ahead = 52_000
      hangs = true
      tokens.token()
      await new Promise((resolve) => setTimeout(resolve, 50))
      console.log(tokens.status().state === 'refreshing' ? 'done' : 'not refreshing')`
    expectAtOnce(await run(program, server.origin))
  })

  test('while rejected credentials are left alone', async () => {
    const server = await loopback((_, response) => json(response, 401, {}))
    expectAtOnce(await run(`await source().token().catch(() => {}); console.log('done')`, server.origin))
  })

  test('after a caller has given up', async () => {
    const server = await loopback(issues())
    const program = `
      const tokens = source()
      await tokens.token({ signal: AbortSignal.abort() }).catch(() => {})
      const controller = new AbortController()
      const pending = tokens.token({ signal: controller.signal })
      controller.abort()
      await pending.catch(() => {})
      console.log('done')`
    expectAtOnce(await run(program, server.origin))
  })

  test('with a background refresh under way, when that has its answer or its time is over', async () => {
    const server = await loopback(inTurn(issues(60), hangs))
    const program = `
      const tokens = source({ clock, timeout: 300 })
      await tokens.token()
      ahead = 52_000
      tokens.token()
      console.log('done')`
    const { code, errors, lingered } = await run(program, server.origin)
    expect({ code, errors }).toEqual({ code: 0, errors: '' })
    expect(lingered).toBeLessThan(300 + AT_ONCE)
  })
})

describe('a program that waits is never cut off', () => {
  // Node ends a program with 13 that waits for what nothing keeps alive.
  const expectToken = ({ code, errors, output }: Exit): void =>
    expect({ code, errors, output }).toEqual({ code: 0, errors: '', output: 'abc done' })
  const awaiting = (options: string): string =>
    `const { value } = await source(${options}).token(); console.log(value, 'done')`

  test('between two attempts', async () => {
    const server = await loopback(inTurn(fails, fails, issues()))
    expectToken(await run(awaiting('{}'), server.origin))
    expect(server.requests).toHaveLength(3)
  })

  test('while another holds the lease', async () => {
    const server = await loopback(issues())
    const program = `
      const plain = memoryStore()
      let refusals = 3
      const store = { ...plain, lease: (...args) => (refusals-- > 0 ? { retryIn: 100 } : plain.lease(...args)) }
      ${awaiting('{ store }')}`
    expectToken(await run(program, server.origin))
  })

  test('while a store does not answer', async () => {
    const server = await loopback(issues())
    const never = '() => new Promise(() => {})'
    expectToken(await run(awaiting(`{ store: { get: ${never}, set: ${never}, lease: ${never} } }`), server.origin))
  })

  test('while it is not its turn in the budget', async () => {
    const server = await loopback(issues())
    const program = `
      const options = { budget: [{ count: 1, per: 300 }] }
      await source(options).token()
      ${awaiting('options')}`
    expectToken(await run(program, server.origin))
  })

  test('by a fetch that never answers: the time limit is kept', async () => {
    const program = `
      const tokens = source({ fetch: () => new Promise(() => {}), timeout: 50 })
      const error = await tokens.token().catch((error) => error)
      console.log(error.code, 'done')`
    const { code, output, errors } = await run(program, 'http://127.0.0.1:1')
    expect({ code, output, errors }).toEqual({
      code: 0,
      output: 'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE done',
      errors: '',
    })
  })

  test('by a vault that never answers: the time limit is kept', async () => {
    const program = `
      const clientAuth = clientSecretPost('client', () => new Promise(() => {}))
      const error = await source({ clientAuth, timeout: 50 }).token().catch((error) => error)
      console.log(error.code, 'done')`
    const { code, output, errors } = await run(program, 'http://127.0.0.1:1')
    expect({ code, output, errors }).toEqual({ code: 0, output: 'ERR_AUTH_CONFIGURATION done', errors: '' })
  })
})

describe('no fault is an unhandled rejection, which would end the program', () => {
  const faults: Readonly<Record<string, Answer>> = {
    'a refusal': (_, response) => json(response, 401, { error: 'invalid_client' }),
    'a pause': (_, response) => json(response, 429, {}, { 'retry-after': '1' }),
    'an outage': fails,
    'a reset': (request) => void request.socket.destroy(),
    garbage: (_, response) => void response.end('<html>'),
    'no answer': hangs,
  }
  const program = `
    const listening = { onEvent: () => { throw new Error('listener') } }
    const late = async () => { await new Promise((resolve) => setTimeout(resolve, 30)); throw new Error('store') }
    const stores = [
      undefined,
      memoryStore(),
      { get: late, set: late, lease: late },
      { ...memoryStore(), set: late },
      { get() { throw new Error('store') }, set() { throw new Error('store') }, lease() { throw new Error('store') } },
    ]
    const request = { url: origin + '/x', method: 'GET', headers: {} }
    for (const store of stores) {
      const tokens = source({ store, timeout: 40, clock, ...listening })
      const layers = [bearer(tokens), core.apiKey('x-key', async () => { throw new Error('vault') })]
      const strategy = createStrategy({ origins: [origin], layers, allowInsecureLoopback: true, ...listening })
      const callers = Promise.allSettled(Array.from({ length: 10 }, async (_, i) => {
        const signal = i % 2 ? AbortSignal.timeout(5 * i) : undefined
        await strategy.authorize({ ...request, signal })
      }))
      strategy.recover({ ...request, headers: { authorization: 'Bearer old', 'x-key': 'old' } }, { status: 401 })
      await strategy.reset()
      await callers
      strategy.status()
      // Nobody waits for the background refresh.
      const kept = source({ store, timeout: 40, clock, ...listening, fetch: async (...args) => {
        if (kept.status().state === 'empty' || kept.status().expiresAt === undefined) {
          return Response.json({ access_token: 'abc', expires_in: 60 })
        }
        return fetch(...args)
      } })
      await Promise.allSettled([kept.token()])
      ahead += 52_000
      await Promise.allSettled([kept.token()])
      await new Promise((resolve) => setTimeout(resolve, 60))
      ahead += 60_000
      await Promise.allSettled([kept.token({ signal: AbortSignal.timeout(5) })])
    }
    console.log('done')`

  test.each(Object.entries(faults))('%s', async (_, answer) => {
    const server = await loopback(answer)
    const { code, output, errors } = await run(program, server.origin)
    expect({ code, output, errors }).toEqual({ code: 0, output: 'done', errors: '' })
  })
})
