import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ConfigurationError } from '@auth/core'
import { checkOptions, must, required } from '@auth/core/options'
import { LONGEST_ADVANCE, type SteerableClock } from '../clock.ts'
import type { AnySimulator } from '../simulator.ts'
import { checkHost } from './host-guard.ts'
import { openApi } from './openapi.ts'
import { Problem, sendProblem } from './problem.ts'
import { readText } from './read-text.ts'
import type { RequestLog } from './request-log.ts'
import { ACTIONS, act } from './steering.ts'

export interface ControlOptions {
  readonly simulators: readonly AnySimulator[]
  /** Certificate of the sandbox's authority, PEM. */
  readonly ca: string
  readonly clock: SteerableClock
  readonly log: RequestLog
  /** Host names beside loopback, in lower case. */
  readonly allowHosts: readonly string[]
}

/** What a route answers: a value as JSON, text as it is, nothing as 204. */
type Result = { readonly json: unknown } | { readonly pem: string } | undefined

/** One path: its handlers by method. `parameters` are the path's variable segments. */
interface Route {
  readonly path: RegExp
  readonly methods: Readonly<
    Record<string, (parameters: readonly string[], request: IncomingMessage) => Result | Promise<Result>>
  >
}

/** The control interface: steers a running sandbox over HTTP, from any language. */
export function controlApp({ simulators, ca, clock, log, allowHosts }: ControlOptions): RequestListener {
  const find = (id: string | undefined): AnySimulator => {
    const simulator = simulators.find((candidate) => candidate.id === id)
    if (simulator !== undefined) return simulator
    throw new Problem(404, `there is no carrier ${id}; running: ${simulators.map((one) => one.id).join(', ')}`)
  }
  const shown = ({ id, credentials, options, baseUrl, control }: AnySimulator) => ({
    id,
    credentials,
    options,
    baseUrl,
    counters: { ...control.counters },
    ...(control.webhooks && { webhookSecret: control.webhooks.secret }),
  })

  const routes: readonly Route[] = [
    {
      path: /^\/carriers$/,
      methods: {
        GET: () => ({
          json: {
            carriers: simulators.map(({ id, baseUrl, control }) => ({
              id,
              baseUrl,
              counters: { ...control.counters },
            })),
          },
        }),
      },
    },
    { path: /^\/carriers\/([^/]+)$/, methods: { GET: ([id]) => ({ json: shown(find(id)) }) } },
    {
      path: /^\/carriers\/([^/]+)\/requests$/,
      methods: { GET: ([id]) => ({ json: { requests: log.of(find(id).id) } }) },
    },
    {
      path: /^\/carriers\/([^/]+)\/csr$/,
      methods: {
        async POST([id], request) {
          const { control } = find(id)
          if (control.submitCsr === undefined) throw new Problem(404, `${id} signs no certificates`)
          const csr = await readText(request)
          try {
            return { pem: await control.submitCsr(csr) }
          } catch {
            throw new Problem(400, 'the body must be a certificate signing request, PEM: openssl req -new …')
          }
        },
      },
    },
    {
      path: new RegExp(`^/carriers/([^/]+)/(${Object.keys(ACTIONS).join('|')})$`),
      methods: {
        async POST([id, action], request) {
          const simulator = find(id)
          const body = await readJson(request)
          const answer = await act(action as string, simulator, body)
          log.keepSecret(simulator.credentials)
          if (answer === undefined) return undefined
          log.keepSecret(answer as object)
          return { json: answer }
        },
      },
    },
    {
      path: /^\/clock$/,
      methods: {
        GET: () => ({ json: { now: clock.now() } }),
        async POST(_parameters, request) {
          const body = await readJson(request)
          checkOptions(body as { advance: number }, { advance: ADVANCE }, 'clock')
          clock.advance((body as { advance: number }).advance)
          return { json: { now: clock.now() } }
        },
      },
    },
    { path: /^\/ca\.pem$/, methods: { GET: () => ({ pem: ca }) } },
    { path: /^\/openapi\.json$/, methods: { GET: (_, { headers }) => ({ json: openApi(`http://${headers.host}`) }) } },
  ]

  return (request, response) => {
    const answered = async (): Promise<void> => {
      checkHost(request, allowHosts)
      const path = (request.url ?? '/').replace(/\?.*$/s, '')
      const route = routes.find((candidate) => candidate.path.test(path))
      if (route === undefined) throw new Problem(404, 'there is nothing here; see /openapi.json')
      const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '')
      const handle = Object.hasOwn(route.methods, method) ? route.methods[method] : undefined
      if (handle === undefined) {
        const allow = Object.keys(route.methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
        throw new Problem(405, `use ${allow.join(' or ')}`, { allow: allow.join(', ') })
      }
      sendResult(response, await handle(route.path.exec(path)?.slice(1) ?? [], request))
    }
    answered().catch((error: unknown) => sendProblem(response, problemOf(error)))
  }
}

const ADVANCE = required(
  must(`a number of ms above 0, at most ${LONGEST_ADVANCE}`, (value) => {
    return typeof value === 'number' && value > 0 && value <= LONGEST_ADVANCE
  }),
)

/** The body as JSON; without one, an empty object. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request)
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem(400, 'the body must be JSON')
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof ConfigurationError) return new Problem(400, error.message)
  return new Problem(500, error instanceof Error ? error.message : 'unexpected error')
}

function sendResult(response: ServerResponse, result: Result): void {
  const headers = { 'cache-control': 'no-store' }
  if (result === undefined) {
    response.writeHead(204, headers).end()
    return
  }
  const [type, body] =
    'pem' in result
      ? ['application/x-pem-file', result.pem]
      : ['application/json', `${JSON.stringify(result.json, null, 2)}\n`]
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}
