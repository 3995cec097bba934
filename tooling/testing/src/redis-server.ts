import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REDIS, systemProgram, without } from '@auth/vitest/system-program'

/** A redis-server process on a free loopback port, that keeps nothing on disk. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Starts it again, on the same port and empty, after it was stopped. */
  start(): Promise<void>
  /** Ends the process at once. */
  stop(): Promise<void>
  /** Has the process stand still, as one that hangs: connections are taken, and nothing is answered until `resume`. */
  pause(): void
  resume(): void
  /** Sends a command; yields a simple answer as text, without its type. */
  command(...parts: string[]): Promise<string>
}

/** Whether the person at the keyboard wants the tests that need redis-server left out; CI never does. */
export const withoutRedis = without('REDIS')

// Nothing is kept on disk, and nobody else is let in.
const QUIET = ['--save', '', '--appendonly', 'no', '--bind', '127.0.0.1']

const running = new Set<{ kill(signal: NodeJS.Signals): boolean }>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

let binary: Promise<string> | undefined

/**
 * Starts a redis-server: the one on the PATH, or else Debian's, installed for the occasion where that is permitted.
 *
 * @throws Error when there is none.
 */
export function redisServer(args: readonly string[] = [], port?: number): Promise<RedisServer> {
  return started((folder) => [...QUIET, '--dir', folder, ...args], port)
}

/**
 * A Sentinel that watches `master` under the name `main`, alone. It replaces a master that is gone for a minute, so that
 * none is replaced for being slow: `SENTINEL SET main down-after-milliseconds` hurries it.
 */
export function redisSentinel(master: RedisServer): Promise<RedisServer> {
  return started(async (folder) => {
    // It keeps what it learns there, and starts with no other kind of configuration.
    const file = join(folder, 'sentinel.conf')
    const settings = [
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 60000',
      'sentinel failover-timeout main 2000',
    ]
    await writeFile(file, `${settings.join('\n')}\n`)
    return [file, '--sentinel', '--bind', '127.0.0.1']
  })
}

async function started(
  argumentsIn: (folder: string) => readonly string[] | Promise<readonly string[]>,
  given?: number,
): Promise<RedisServer> {
  const port = given ?? (await freePort())
  let folder = ''
  let child: ReturnType<typeof spawn> | undefined

  async function start(): Promise<void> {
    binary ??= systemProgram(REDIS)
    folder = await mkdtemp(join(tmpdir(), 'redis-'))
    const args = [...(await argumentsIn(folder)), '--port', String(port)]
    const mine = spawn(await binary, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    child = mine
    running.add(mine)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      mine.stdout.on('data', (chunk: Buffer) => {
        said += chunk
        if (/Ready to accept connections|Sentinel ID/.test(said)) resolve()
      })
      mine.once('exit', () => {
        running.delete(mine)
        reject(new Error(`redis-server did not start: ${said}`))
      })
    })
  }

  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    start,
    async stop() {
      if (child !== undefined && child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        await gone
      }
      if (folder !== '') await rm(folder, { recursive: true, force: true })
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    command: (...parts) => command(port, parts),
  }
}

/** Three servers that share all slots: a Cluster. */
export async function redisCluster(): Promise<readonly RedisServer[]> {
  const nodes = await Promise.all(
    [0, 1, 2].map(async () =>
      redisServer([
        ...['--cluster-enabled', 'yes', '--cluster-node-timeout', '60000'],
        ...['--cluster-port', String(await freePort())],
      ]),
    ),
  )
  const [first] = nodes as [RedisServer]
  const bus = async (node: RedisServer): Promise<string> => await node.command('CONFIG', 'GET', 'cluster-port')
  for (const [i, node] of nodes.entries()) {
    const from = Math.ceil((16384 * i) / nodes.length)
    const to = Math.ceil((16384 * (i + 1)) / nodes.length) - 1
    await node.command('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
    if (node !== first) await first.command('CLUSTER', 'MEET', '127.0.0.1', String(node.port), await bus(node))
  }
  for (const node of nodes) {
    for (;;) {
      const info = await node.command('CLUSTER', 'INFO')
      if (info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')) break
    }
  }
  return nodes
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** One command on a connection of its own: the simple answers of the protocol are all that tests need. */
async function command(port: number, parts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.write(`*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`)
    let answer = ''
    for await (const chunk of socket) {
      answer += chunk
      const whole = read(answer)
      if (whole !== undefined) return whole
    }
    throw new Error('redis-server has closed the connection')
  } finally {
    socket.destroy()
  }
}

/** The text of an answer: of a list, its last item; `undefined` while it is incomplete. */
function read(answer: string): string | undefined {
  if (answer.startsWith('-') && answer.endsWith('\r\n')) throw new Error(answer.slice(1).trim())
  const lines = answer.split('\r\n')
  const [head = ''] = lines
  if (lines.length < 2) return undefined
  if (head.startsWith('*')) {
    if (head === '*0') return ''
    const complete = lines.length >= 2 * Number(head.slice(1)) + 2
    return complete ? lines.at(-2) : undefined
  }
  if (!head.startsWith('$')) return head.slice(1)
  const length = Number(head.slice(1))
  if (length < 0) return ''
  const body = answer.slice(head.length + 2)
  return Buffer.byteLength(body) >= length + 2 ? body.slice(0, -2) : undefined
}
