import type { Strategy } from '@auth/core'
import { authFetch, type Fetch, isOneShot } from '@auth/core/adapter'
import { ConfigurationError } from '@auth/core/errors'
import type { AxiosError, AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios'
import { nodeHttp } from '#node-http'
import { type Adapter, isOurs } from './adapter-chain.ts'
import { bareCopy } from './attempt.ts'
import type { Call } from './call.ts'
import type { Send } from './send.ts'

/**
 * Sends by axios' fetch adapter: the fetch that it is given in its environment authenticates, sends once more what was
 * rejected, and follows redirects, so that axios never has the credentials.
 */
export function fetchSender(
  strategy: Strategy,
  bare: AxiosInstance,
  transmit: Send,
  inner: Adapter,
): (call: Call) => Promise<AxiosResponse> {
  return async (call) => {
    const { config, request, body } = call
    const failure: Failure = {}
    const given = fetchOf(config)
    const { fetch, wrap: outer } = promised.get(given) ?? { fetch: given, wrap: same }
    const wrap = (below: Fetch): Fetch =>
      outer(
        authFetch(below, forCall(strategy, call, failure), {
          presentIdentity: nodeHttp.presentIdentity,
          mayKeepBody: !isOneShot(body.data),
        }),
      )
    const next = bareCopy(call, inner)
    // The very URL that is judged.
    next.url = request.url
    delete next.baseURL
    delete next.params
    if (isOurs(inner)) next.env = environment(config, promise({ fetch, wrap }))
    else {
      await checkVersion(bare)
      next.env = environment(config, relay)
      next.fetchOptions = { ...config.fetchOptions, [CALL]: new FetchCall(wrap(fetch)) }
    }
    try {
      const response = await transmit(next)
      response.config = config
      return response
    } catch (error) {
      if (failure.error !== undefined) throw failure.error
      restoreConfig(error, call)
      throw error
    }
  }
}

interface Failure {
  error?: unknown
}

/** The fetch that sends, and what the strategies that were asked already put around that of the next. */
interface Promised {
  readonly fetch: Fetch
  readonly wrap: (below: Fetch) => Fetch
}

// By a function, which axios hands from adapter to adapter as it is.
const promised = new WeakMap<Fetch, Promised>()

function promise(outer: Promised): Fetch {
  const stand: Fetch = (input, init) => outer.wrap(outer.fetch)(input, init)
  promised.set(stand, outer)
  return stand
}

const same = (fetch: Fetch): Fetch => fetch

type Environment = NonNullable<AxiosRequestConfig['env']> & { fetch?: Fetch }

const environment = ({ env }: AxiosRequestConfig, fetch: Fetch): Environment => ({ ...env, fetch }) as Environment

/** The global fetch is looked up for each call: a test may have replaced it. */
function fetchOf({ env }: AxiosRequestConfig): Fetch {
  return (env as Environment | undefined)?.fetch ?? ((input, init) => globalThis.fetch(input, init))
}

/** The strategy, told of the headers that the caller keeps off this request, and asked why no credentials were there. */
function forCall(strategy: Strategy, { request }: Call, failure: Failure): Strategy {
  const keptOff = Object.fromEntries(Object.entries(request.headers).filter(([, value]) => value === ''))
  const note = (error: unknown): never => {
    failure.error = error
    throw error
  }
  const view: Strategy = Object.create(strategy)
  view.authorize = (hop) => {
    try {
      const credentials = strategy.authorize({ ...hop, headers: { ...keptOff, ...hop.headers } })
      return 'then' in credentials ? Promise.resolve(credentials).catch(note) : credentials
    } catch (error) {
      return note(error)
    }
  }
  return view
}

// axios keeps an adapter for each environment that it has seen, for good: one fetch serves all calls, which are told
// apart by an option.
const CALL = '@auth/axios'

const relay: Fetch = (input, init) => {
  const { [CALL]: call, ...rest } = (init ?? {}) as RequestInit & { [CALL]?: unknown }
  if (!(call instanceof FetchCall)) throw new ConfigurationError('adapter', TOO_OLD)
  return call.send(input, rest)
}

/** Of a class, so that axios hands it on as it is; private, so that nothing shows it. */
class FetchCall {
  readonly #send: Fetch
  constructor(send: Fetch) {
    this.#send = send
  }
  get send(): Fetch {
    return this.#send
  }
}

const TOO_OLD = "must be 'http' for this axios: its fetch adapter takes no fetch of ours; update axios to 1.12 or later"
const supporting = new WeakMap<AxiosInstance, Promise<boolean>>()

/** @throws ConfigurationError when this axios would send by the global fetch, whatever its environment says. */
async function checkVersion(bare: AxiosInstance): Promise<void> {
  const known = supporting.get(bare) ?? takesFetch(bare)
  supporting.set(bare, known)
  if (!(await known)) throw new ConfigurationError('adapter', TOO_OLD)
}

async function takesFetch(bare: AxiosInstance): Promise<boolean> {
  let asked = false
  const probe: Fetch = async () => {
    asked = true
    return new Response()
  }
  // Where it is not asked, a `data:` URL reaches no network.
  await bare.request({ adapter: 'fetch', url: 'data:,', env: { fetch: probe } as Environment }).catch(() => {})
  return asked
}

/** Gives an error the user's own configuration, which is what a retry plugin sends again. */
function restoreConfig(error: unknown, { config }: Call): void {
  if (typeof error !== 'object' || error === null) return
  const failure: Partial<AxiosError> = error
  if (failure.config) Reflect.set(failure, 'config', config)
  if (failure.response) Reflect.set(failure.response, 'config', config)
}
