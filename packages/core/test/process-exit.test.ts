import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { selfSigned } from './support/certificates.ts'
import { type Answer, json, type Loopback, loopback } from './support/loopback.ts'
import { tlsLoopback } from './support/tls-loopback.ts'

const CORE = fileURLToPath(new URL('..', import.meta.url))
// What holds a process here would hold it for ten minutes: every wait of ours takes 600 times as long, and no time limit
// of a token request is shorter. Nobody waits that long, and a busy machine still gets the time it takes.
const AT_ONCE = 60_000
vi.setConfig({ testTimeout: 180_000 })

interface Exit {
  /** `null` for a program that was still there when it should have been gone. */
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

const PRELUDE = `
  import * as core from '@auth/core'
  import { systemClock } from './src/clock.ts'
  const [origin, ...args] = process.argv.slice(1)
  const { bearer, clientSecretPost, createStrategy, memoryStore, oauth2, posti } = core
  const source = (options = {}) => oauth2({
    tokenEndpoint: origin + '/token',
    clientAuth: clientSecretPost('client', 'secret'),
    allowInsecureLoopback: true,
    timeout: 600_000,
    deadline: 600_000,
    ...options,
  })
  // It stands still, so that a token does not end because the machine is slow.
  let ahead = 0
  const started = systemClock.now()
  const clock = { now: () => started + ahead, monotonic: () => ahead, delay: systemClock.delay }
  const slow = { ...clock, delay: (ms, signal) => systemClock.delay(600 * ms, signal) }
  const never = () => new Promise(() => {})
`

/** Runs a program as a user would, in a process of its own. */
async function run(program: string, ...args: string[]): Promise<Exit> {
  const child = spawn(
    process.execPath,
    ['--conditions=@auth/source', '--input-type=module', '--eval', `${PRELUDE}\n${program}`, '--', ...args],
    { cwd: CORE, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  )
  let output = ''
  let errors = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
    if (output.includes('done')) setTimeout(() => child.kill('SIGKILL'), AT_ONCE).unref()
  })
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output: output.trim(), errors }
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
  const expectAtOnce = ({ code, errors, output }: Exit): void =>
    expect({ code, errors, output }).toEqual({ code: 0, errors: '', output: 'done' })

  test('while a token is cached', async () => {
    const server = await loopback(issues())
    expectAtOnce(await run(`await source().token(); console.log('done')`, server.origin))
    expect(server.requests).toHaveLength(1)
  })

  test('while a token is cached that came over a connection with anchors of its own', async () => {
    const pair = await selfSigned()
    const server = await tlsLoopback(pair, issues())
    expectAtOnce(await run(`await source({ ca: args[0] }).token(); console.log('done')`, server.origin, pair.cert))
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
      await store.lease('key', [{ count: 1, per: 600_000 }], 0)
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

  // The token is at hand and about to end, and `options` or the server come in the way of another.
  const refreshing = (options: string, until: string): string => `
    const options = ${options}
    const tokens = source({ clock: slow, ...options })
    await tokens.token()
    ahead = 52_000
    tokens.token()
    while (!(${until})) await new Promise((resolve) => setTimeout(resolve, 5))
    console.log(tokens.status().state === 'refreshing' ? 'done' : 'not refreshing')`

  /** Says how many requests a server has had. */
  const counter = ({ requests }: Loopback): Promise<Loopback> =>
    loopback((_, response) => json(response, 200, requests.length))
  const requested = 'await (await fetch(args[0])).json() === 2'

  test('while a background refresh waits for its answer', async () => {
    const server = await loopback(inTurn(issues(60), hangs))
    const { origin } = await counter(server)
    expectAtOnce(await run(refreshing('{}', requested), server.origin, origin))
  })

  test('and says why its background refresh came to nothing', async () => {
    const server = await loopback(inTurn(issues(60), hangs))
    const { origin } = await counter(server)
    const options = `{ onEvent: ({ type, message }) => { if (type === 'token-request-failed') console.log(message) } }`
    const { code, output } = await run(refreshing(options, requested), server.origin, origin)
    expect({ code, output }).toEqual({
      code: 0,
      output: 'done\nthe token endpoint was not waited for, because the process has finished',
    })
  })

  test('while a background refresh waits for its answer on a connection of its own', async () => {
    const pair = await selfSigned()
    const server = await tlsLoopback(pair, inTurn(issues(60), hangs))
    const { origin } = await counter(server)
    expectAtOnce(await run(refreshing('{ ca: args[1] }', requested), server.origin, origin, pair.cert))
  })

  test('while a background refresh waits for the rest of its answer', async () => {
    const server = await loopback(inTurn(issues(60), (_, response) => void response.writeHead(200).write('{')))
    const { origin } = await counter(server)
    expectAtOnce(await run(refreshing('{}', requested), server.origin, origin))
  })

  test.each([
    [
      'a fetch that never answers',
      `{ async fetch() { return asked++ ? await never() : Response.json({ access_token: 'abc', expires_in: 60 }) } }`,
    ],
    ['a secret that never comes', `{ clientAuth: clientSecretPost('client', () => (asked++ ? never() : 'secret')) }`],
    ['a store that never answers', `{ store: { ...plain, get: (key) => (asked++ > 1 ? never() : plain.get(key)) } }`],
    [
      'the lease that another holds',
      `{ store: { ...plain, lease: (...args) => (asked++ ? { retryIn: 1000 } : plain.lease(...args)) } }`,
    ],
    [
      'its turn in the budget',
      `{ budget: [{ count: 1, per: 55_000 }], onEvent: ({ type }) => { if (type === 'token-request-queued') asked = 2 } }`,
    ],
  ])('while a background refresh waits for %s', async (_, options) => {
    const server = await loopback(issues(60))
    const program = `const plain = memoryStore(); let asked = 0; ${refreshing(options, 'asked > 1')}`
    expectAtOnce(await run(program, server.origin))
  })

  test('while a store never lets go of the lease', async () => {
    const server = await loopback(issues())
    const program = `
      const plain = memoryStore()
      const store = { ...plain, lease: (...args) => ({ ...plain.lease(...args), release: never }) }
      await source({ store, clock: slow }).token()
      console.log('done')`
    expectAtOnce(await run(program, server.origin))
  })

  test('after an API has refused a token for a request that is not sent again', async () => {
    const server = await loopback(inTurn(issues(), hangs))
    const program = `
      const tokens = source()
      const { value } = await tokens.token()
      await tokens.reject(value, AbortSignal.abort())
      console.log('done')`
    expectAtOnce(await run(program, server.origin))
    expect(server.requests).toHaveLength(1)
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
})

describe('a program that a pipe keeps alive has not finished', () => {
  const PIPES = {
    'a unix socket': `
      const { connect } = await import('node:net')
      const held = connect(args[0])
      const release = () => held.destroy()`,
    'the channel of a forked worker': `
      const held = (message) => {}
      process.on('message', held)
      const release = () => process.off('message', held)`,
  }

  test.each(Object.entries(PIPES))('%s: its background refresh is waited for', async (_, hold) => {
    const slowly: Answer = async (request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 1200))
      return issues(60)(request, response)
    }
    const server = await loopback(inTurn(issues(60), slowly))
    const path = await unixSocket()
    const program = `
      ${hold}
      const onEvent = ({ type }) => {
        seen.push(type)
        if (seen.filter((type) => type === 'token-issued').length === 2) release()
        if (type === 'token-request-failed') release()
      }
      const seen = []
      const tokens = source({ clock, onEvent })
      await tokens.token()
      ahead = 52_000
      tokens.token()
      process.on('exit', () => console.log(seen.at(-1)))`
    expect(await run(program, server.origin, path)).toEqual({ code: 0, output: 'token-issued', errors: '' })
  })

  async function unixSocket(): Promise<string> {
    const path = join(await mkdtemp(join(tmpdir(), 'pipe-')), 'socket')
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(path, resolve))
    onTestFinished(() => void server.close())
    return path
  }
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

  const unheld = `
    let lifetime = 60
    const answer = () => Response.json({ access_token: 'abc', expires_in: lifetime })
    const fetch = () => new Promise((resolve) => setTimeout(() => resolve(answer()), 100).unref())`

  test('for a fetch that keeps nothing alive', async () => {
    expectToken(await run(`${unheld}; ${awaiting('{ fetch }')}`, 'http://127.0.0.1:1'))
  })

  test('for the end of a background refresh', async () => {
    const program = `
      ${unheld}
      const tokens = source({ fetch, clock })
      await tokens.token()
      ahead = 52_000
      tokens.token()
      ahead = 60_000
      const { value } = await tokens.token()
      console.log(value, 'done')`
    expectToken(await run(program, 'http://127.0.0.1:1'))
  })

  test('for another token than a refused one', async () => {
    const program = `
      ${unheld}
      const tokens = source({ fetch })
      const { value } = await tokens.token()
      await tokens.reject(value)
      console.log(value, 'done')`
    expectToken(await run(program, 'http://127.0.0.1:1'))
  })

  test('for a reset that the store does not answer', async () => {
    const server = await loopback(issues())
    const program = `
      const plain = memoryStore()
      let answers = true
      const tokens = source({ store: { ...plain, get: (key) => (answers ? plain.get(key) : never()) } })
      const { value } = await tokens.token()
      answers = false
      await tokens.reset()
      console.log(value, 'done')`
    expectToken(await run(program, server.origin))
  })

  test('for something else: a background refresh goes on', async () => {
    const slowly: Answer = (_, response) => void setTimeout(() => json(response, 200, { access_token: 'def' }), 700)
    const server = await loopback(inTurn(issues(600), slowly))
    const program = `
      const tokens = source({ clock })
      await tokens.token()
      ahead = 520_000
      const { value } = await tokens.token()
      while (tokens.status().state === 'refreshing') await new Promise((resolve) => setTimeout(resolve, 20))
      console.log(value, tokens.status().lastFailure?.message ?? 'done')`
    expectToken(await run(program, server.origin))
    expect(server.requests).toHaveLength(2)
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
