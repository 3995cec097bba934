import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { hashApiKey } from '@auth/core/verify'
import { type Sandbox, startSandbox } from '@auth/sandbox'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { carrierAuth, environmentOf, folder, started } from './support/program.ts'

let sandbox: Sandbox<'posti'>

beforeAll(async () => {
  sandbox = await startSandbox({ carriers: ['posti'] })
})
afterAll(() => sandbox.close())

interface Proxy {
  readonly url: string
  readonly admin: string
  end(signal: NodeJS.Signals): Promise<number | null>
}

async function proxy(args: readonly string[] = [], more: Record<string, string> = {}): Promise<Proxy> {
  const env = environmentOf(sandbox.posti, { XDG_STATE_HOME: folder(), ...more })
  const child = started(['proxy', 'posti', '--port', '0', ...args], { env })
  onTestFinished(() => void child.kill('SIGKILL'))
  let out = ''
  child.stdout?.setEncoding('utf8')
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    out += part
  })
  const closed = once(child, 'close') as Promise<[number | null]>
  let over = false
  void closed.then(() => {
    over = true
  })
  while (!out.includes('/metrics')) {
    const [part] = (await Promise.race([once(child.stdout ?? child, 'data'), closed])) as [unknown]
    if (over) throw new Error(`it has ended: ${out}`)
    out += String(part)
  }
  const [url = '', admin = ''] = out.match(/http:\/\/[^ ]+/g)?.filter((one) => !one.includes('localhost')) ?? []
  return {
    url,
    admin,
    async end(signal) {
      child.kill(signal)
      return (await closed)[0]
    },
  }
}

/** fetch would not send these headers. */
function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject).end()
  })
}

describe('proxy', () => {
  test('forwards with credentials, counts, keeps web pages out, and ends well', async () => {
    const { url, admin, end } = await proxy()
    const path = `${url}/estimation/v1/estimates`
    expect(await status(path)).toBe(200)
    expect(await status(path, { host: 'evil.example' }), 'DNS rebinding').toBe(403)
    expect(await status(path, { origin: 'https://evil.example' }), 'another site').toBe(403)
    expect(await status(path, { 'sec-fetch-site': 'cross-site' }), 'an image of another site').toBe(403)
    expect(await (await fetch(`${admin}/health`)).json()).toEqual({ status: 'ok' })
    const metrics = await (await fetch(`${admin}/metrics`)).text()
    expect(metrics).toContain('carrier_auth_proxy_requests_total{status="2xx"} 1\n')
    expect(metrics).toContain('carrier_auth_proxy_requests_total{status="4xx"} 3\n')
    expect(metrics).toContain('carrier_auth_events_total{type="token-issued"} 1\n')
    expect(metrics).toMatch(/carrier_auth_token_expiry_seconds \d+/)
    expect(metrics).not.toContain(sandbox.posti.credentials.password)
    expect(await end('SIGTERM')).toBe(0)
  })

  test('is healthy no more when the carrier rejects the credentials', async () => {
    const { url, admin, end } = await proxy([], { POSTI_PASSWORD: 'not-the-password' })
    expect(await status(`${url}/`)).toBe(502)
    const health = await fetch(`${admin}/health`)
    expect([health.status, await health.json()]).toEqual([503, { status: 'rejected' }])
    expect(await end('SIGINT')).toBe(0)
  })

  test('asks for what the policy of a file asks for', async () => {
    const file = join(folder(), 'policy.ts')
    const verify = new URL('../../core/src/verify/index.ts', import.meta.url).href
    writeFileSync(
      file,
      `import { apiKey } from ${JSON.stringify(verify)}
      export default apiKey({ keys: [{ id: 'php', hash: '${hashApiKey('the-key')}' }] })`,
    )
    const { url, end } = await proxy(['--policy', file])
    const path = `${url}/estimation/v1/estimates`
    expect(await status(path)).toBe(401)
    expect(await status(path, { 'x-api-key': 'the-key', host: 'proxy.internal' })).toBe(200)
    expect(await end('SIGTERM')).toBe(0)
  })

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('refuses to be open on %s', async (host) => {
    const { code, out, err } = await carrierAuth(['proxy', 'posti', '--host', host])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('give --policy FILE')
  })

  test('says which port is in use', async () => {
    const env = environmentOf(sandbox.posti, { XDG_STATE_HOME: folder() })
    const { port } = new URL(sandbox.posti.baseUrl)
    const { code, err } = await carrierAuth(['proxy', 'posti', '--host', 'localhost', '--port', port], { env })
    expect([code, err]).toEqual([1, `carrier-auth: port ${port} is in use\n`])
  })
})
