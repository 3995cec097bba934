import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ConfigurationError } from '@auth/core'
import type { Carrier, CarrierId } from '@auth/core/carriers'
import { anything, type Checks, checkOptions, flag, must } from '@auth/core/options'
import { misbehave } from '../faults.ts'
import { type Recorder, recorder } from '../recorder.ts'
import { type Answer, json, send } from '../response.ts'
import type { Control, Simulator, SimulatorContext, Started } from '../simulator.ts'
import { accountBook, type DescribedAccount } from './account-book.ts'
import { apiAnswers } from './api-answers.ts'
import { PARTICULARS } from './particulars.ts'
import { QUOTAS } from './quotas.ts'
import { randomCredentials, text } from './random-credentials.ts'
import { refusalsOf } from './refusals.ts'
import { type Arrived, parseTemplate } from './template.ts'
import { tokenAnswers } from './token-answers.ts'

/** Credentials as the carrier's factory takes them. */
export type DescribedCredentials = DescribedAccount['credentials']

export interface DescribedSimulatorOptions {
  /** Default: random ones that pass the carrier's checks. */
  readonly credentials?: DescribedCredentials
  /** Seconds that a token lives. Default: as the carrier's answer says. */
  readonly expiresIn?: number
  /** Options of the carrier's strategy, such as `audience`. Default: those of its description. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Whether the limits that the carrier documents are enforced. Default `true`. */
  readonly quotas?: boolean
  /** Whether a new token revokes the account's earlier ones, as at some carriers. Default `false`. */
  readonly issuingRevokes?: boolean
}

/** A carrier that is simulated from its description alone. */
export type DescribedSimulator = Simulator<DescribedCredentials, Readonly<Record<string, unknown>>>

const OPTIONS: Checks<DescribedSimulatorOptions> = {
  credentials: anything,
  expiresIn: must('a number of seconds above 0', (value) => typeof value === 'number' && value > 0),
  options: anything,
  quotas: flag,
  issuingRevokes: flag,
}
const MOST_BYTES = 1024 * 1024

/** Starts a carrier from its description: token endpoint and API, with the carrier's own answers, limits and penalties. */
export async function startDescribed(
  carrier: Carrier,
  context: SimulatorContext,
  settings: DescribedSimulatorOptions = {},
): Promise<Started<DescribedSimulator>> {
  checkOptions(settings, OPTIONS, carrier.id)
  const { clock, authority } = context
  const { about } = carrier
  const measured = recorder(carrier.id, context.onRequest)
  const options = { ...about.options, ...settings.options }
  const book = accountBook()
  const refusals = refusalsOf(carrier, () => clock.now())
  const first = book.add({ ...(await randomCredentials(carrier, context)), ...settings.credentials })

  const { quotas = true, issuingRevokes = false } = settings
  const particular = PARTICULARS[carrier.id as CarrierId]?.({ book, clock })
  const judgeApi = apiAnswers({
    carrier,
    templates: about.api.map(parseTemplate),
    book,
    refusals,
    clock,
    options,
    limits: quotas ? (QUOTAS[carrier.id as CarrierId]?.api ?? []) : [],
  })
  const baseUrl = await context.listen(
    serve(measured, 'api', (arrived) => judgeApi(arrived) ?? particular?.api?.(arrived) ?? echo(arrived)),
  )
  const documentedRequest = about.token && parseTemplate(about.token.request)
  // A carrier that answers in more than one media type takes a request without `Accept`.
  const token =
    documentedRequest && particular?.token
      ? { ...documentedRequest, headers: documentedRequest.headers.filter(([name]) => name !== 'accept') }
      : documentedRequest
  let tokenEndpoint: string | undefined
  if (token !== undefined) {
    const judge = tokenAnswers({
      carrier,
      template: token,
      book,
      refusals,
      clock,
      options,
      expiresIn: settings.expiresIn,
      quotas,
      issuingRevokes,
    })
    const answer = (arrived: Arrived): Answer => {
      const judged = judge(arrived)
      return particular?.token?.(arrived, judged) ?? judged
    }
    const origin = await context.listen(
      serve(measured, 'token', (arrived) =>
        arrived.method === token.method
          ? answer(arrived)
          : json(405, { error: 'method_not_allowed' }, { allow: token.method }),
      ),
    )
    // A query of the endpoint's own is part of it; that of the grant is not.
    const documented = carrier.environments[carrier.standard]?.tokenEndpoint
    tokenEndpoint = `${origin}${token.path}${documented === undefined ? '' : new URL(documented).search}`
  }

  const control: Control<DescribedCredentials> = {
    counters: measured.counters,
    faults: measured.switches,
    revoke(name) {
      for (const account of name === undefined ? book.all() : [book.select(name)]) account.tokens.clear()
    },
    rotate(name) {
      const account = book.select(name)
      account.credentials = { ...account.credentials, ...newSecrets(carrier, account) }
      return account.credentials
    },
    lock(name) {
      book.select(name).locked = true
    },
    unlock(name) {
      book.select(name).locked = false
    },
    async createAccount(wanted = {}) {
      checkOptions(wanted, {}, carrier.id)
      return book.add(await randomCredentials(carrier, context)).credentials
    },
  }
  return {
    get credentials() {
      return first.credentials
    },
    options: {
      ...options,
      origins: [baseUrl],
      ...(tokenEndpoint !== undefined && { tokenEndpoint }),
      ca: authority.certificate,
    },
    baseUrl,
    control,
  }
}

/** New values for what is no name. */
function newSecrets({ profile, id }: Carrier, { credentials }: DescribedAccount): Record<string, string> {
  const secrets = Object.entries(profile.secrets).filter(
    ([name]) =>
      typeof credentials[name] === 'string' && /secret|password|passphrase|key|token/i.test(name) && !/id$/i.test(name),
  )
  if (secrets.length === 0) throw new ConfigurationError('rotate', `${id} has no secret to replace`)
  return Object.fromEntries(secrets.map(([name, rule]) => [name, text(name, rule)]))
}

/** Counts, observes and spoils; then lets the carrier judge. */
function serve(measured: Recorder, endpoint: 'token' | 'api', judge: (arrived: Arrived) => Answer): RequestListener {
  const { counters } = measured
  const count = (status: number): void => {
    if (endpoint === 'token' && status >= 400) counters.tokenFailures += 1
    if (endpoint === 'api' && (status === 401 || status === 403)) counters.apiRejections += 1
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (endpoint === 'token') counters.tokenRequests += 1
    else counters.apiCalls += 1
    response.on('finish', () => count(response.statusCode))
    const bytes = await read(request)
    const body = bytes.toString('utf8')
    measured.observe(request, endpoint, endpoint === 'token' ? body : undefined)
    const fault = endpoint === 'token' ? measured.nextTokenFault() : measured.nextApiFault()
    if (fault !== undefined && typeof fault !== 'function') return misbehave(response, fault)
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost')
    const { method = 'GET', headers } = request
    const address = request.socket.remoteAddress ?? ''
    const answer = judge({ method, path: pathname, query: searchParams, headers, body, bytes, address })
    if (endpoint === 'token') response.setHeader('cache-control', 'no-store')
    send(response, fault === undefined ? answer : fault(answer))
  }
  return (request, response) => {
    handle(request, response).catch(() => response.destroy())
  }
}

/** Any path of an authenticated call: what arrived comes back. */
function echo({ method, path, headers, body, bytes }: Arrived): Answer {
  if (body === '') return json(200, { method, path })
  const type = headers['content-type'] ?? 'application/octet-stream'
  return { status: 200, headers: { 'content-type': type }, bytes }
}

async function read(request: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= MOST_BYTES) chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
