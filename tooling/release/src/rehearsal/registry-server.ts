import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** A registry on loopback that starts empty and is gone with the process. */
export interface RegistryServer {
  /** With a slash at the end. */
  readonly url: string
  /** Of a user who may publish. */
  readonly token: string
  stop(): Promise<void>
}

/** Starts verdaccio for these scopes alone; nothing else is served, and nothing is fetched from elsewhere. */
export async function startRegistry(folder: string, scopes: readonly string[]): Promise<RegistryServer> {
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'config.json')
  const rules = scopes.map((scope) => [`${scope}/*`, { access: '$all', publish: '$authenticated' }])
  await writeFile(
    config,
    JSON.stringify({
      storage: join(folder, 'storage'),
      auth: { htpasswd: { file: join(folder, 'htpasswd') } },
      uplinks: {},
      packages: Object.fromEntries(rules),
      max_body_size: '50mb',
      log: { type: 'stdout', format: 'pretty', level: 'fatal' },
    }),
  )
  const port = await freePort()
  const bin = fileURLToPath(new URL('../bin/verdaccio', import.meta.resolve('verdaccio')))
  const child = fork(bin, ['--config', config, '--listen', `127.0.0.1:${port}`], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}/`
  try {
    await answers(url, exited)
    return {
      url,
      token: await addUser(url),
      async stop() {
        child.kill()
        await exited
      },
    }
  } catch (error) {
    child.kill()
    throw error
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function answers(url: string, exited: Promise<unknown>): Promise<void> {
  const gone = exited.then(() => Promise.reject(new Error('the registry has ended')))
  gone.catch(() => {})
  for (let attempt = 0; attempt < 300; attempt++) {
    const ready = await fetch(`${url}-/ping`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    await Promise.race([delay(200), gone])
  }
  throw new Error('the registry has not started within a minute')
}

async function addUser(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:rehearsal`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'rehearsal', password: 'a rehearsal only', type: 'user' }),
  })
  if (!response.ok) throw new Error(`the registry has not taken a user: ${response.status}`)
  return ((await response.json()) as { token: string }).token
}
