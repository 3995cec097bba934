import { styleText } from 'node:util'
import { ConfigurationError, type Strategy } from '@auth/core'
import type { Policy } from '@auth/core/verify'
import { carrierProxy, requireAuth } from '@auth/express'
import express, { type Express } from 'express'
import { carrierNamed } from '../carrier.ts'
import { type Overrides, readConfiguration } from '../configuration/read.ts'
import { prepareCarrier } from '../doctor/prepare-carrier.ts'
import { importFile } from '../doctor/prepare-module.ts'
import { EXIT, Failure } from '../failure.ts'
import { openStore } from '../memory/open-store.ts'
import { isLoopbackAddress, loopbackOnly } from '../proxy/access.ts'
import { listen } from '../proxy/listener.ts'
import { liveCredentials } from '../proxy/live-credentials.ts'
import { type Metrics, metrics } from '../proxy/metrics.ts'
import type { Terminal } from '../terminal.ts'

export interface ProxyArguments extends Overrides {
  readonly port: number
  readonly host: string
  readonly adminPort: number
  readonly adminHost: string
  readonly target?: string
  readonly policy?: string
  readonly store?: string
}

// ms that requests under way get when the program is asked to end.
const PATIENCE = 10_000

/** Forwards requests to the carrier, with its credentials attached, until the program is asked to end. */
export async function proxy(id: string, args: ProxyArguments, terminal: Terminal): Promise<number> {
  const { host, adminHost, policy: file } = args
  if (file === undefined && !isLoopbackAddress(host)) {
    throw new Failure(`--host ${host}: others could use your credentials; give --policy FILE`, EXIT.usage)
  }
  const guard = file === undefined ? loopbackOnly : requireAuth(await policyIn(file))
  const ended = terminal.ended()
  const counted = metrics()
  const { store, close } = await openStore(args.store, terminal.env)
  try {
    const strategy = await strategyOf(id, args, terminal, store, counted)
    const target = args.target ?? strategy.origins[0] ?? ''
    const forward = await listen(app(strategy, target, guard, counted), host, args.port)
    const admin = await listen(adminApp(strategy, counted), adminHost, args.adminPort).catch(async (error) => {
      await forward.close(0)
      throw error
    })
    const open =
      file === undefined ? styleText('yellow', 'open to every program on this machine') : `guarded by ${file}`
    terminal.write(`${forward.url}  ${id}, to ${target}; ${open}\n${admin.url}  /health and /metrics\n`)
    await ended
    terminal.warn('Ending: requests under way may finish.\n')
    await forward.close(PATIENCE)
    await admin.close(0)
    return EXIT.healthy
  } finally {
    await close()
  }
}

async function strategyOf(
  id: string,
  args: ProxyArguments,
  { env }: Terminal,
  store: Awaited<ReturnType<typeof openStore>>['store'],
  { onEvent }: Metrics,
): Promise<Strategy> {
  const carrier = carrierNamed(id)
  const configuration = await readConfiguration(carrier, env, args)
  const { configuration: found, subject } = prepareCarrier(configuration, store)
  if (subject === undefined) throw new Failure(`${found.summary}; ${found.fix ?? 'run carrier-auth doctor'}`)
  return carrier.create(liveCredentials(carrier, configuration, env), { ...configuration.options, store, onEvent })
}

function app(strategy: Strategy, target: string, guard: express.RequestHandler, { answered }: Metrics): Express {
  const server = express().disable('x-powered-by')
  server.use((_request, response, next) => {
    response.once('close', () => answered(response.statusCode))
    next()
  })
  return server.use(guard, carrierProxy(strategy, { target }))
}

/** On a listener of its own: no path of the carrier's is taken away, and no stranger sees it. */
function adminApp(strategy: Strategy, counted: Metrics): Express {
  return express()
    .disable('x-powered-by')
    .get('/health', (_request, response) => {
      const blocked = strategy.status().layers.find(({ state }) => state === 'rejected')
      response.status(blocked === undefined ? 200 : 503).json({ status: blocked === undefined ? 'ok' : 'rejected' })
    })
    .get('/metrics', (_request, response) => {
      response.type('text/plain; version=0.0.4').send(counted.text(strategy))
    })
}

async function policyIn(file: string): Promise<Policy> {
  const { default: policy } = await importFile(file)
  if (typeof (policy as Policy | undefined)?.decide !== 'function') {
    throw new ConfigurationError('--policy', `the default export of ${file} is no policy`)
  }
  return policy as Policy
}
