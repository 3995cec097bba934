import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AuthEventListener, ConfigurationError, type Strategy } from '@auth/core'
import { type Checks, callable, checkOptions, choice, flag, text } from '@auth/core/options'
import { isOwnOrigin, refusal } from './access.ts'
import { act, readJson } from './actions.ts'
import { isAsset, sendAsset, sendJson, sendPage, sendProblem } from './assets.ts'
import { type Feed, feed } from './feed.ts'
import { type SandboxLink, sandboxLink } from './sandbox-link.ts'

/** One cell of the matrix of carriers and clients. */
export interface MatrixCell {
  readonly carrier: string
  readonly client: string
  readonly state: 'ok' | 'failed' | 'running'
  /** What was seen, in a few words. */
  readonly detail?: string
}

export interface DashboardOptions {
  /** Shows the page to everyone on this machine, without a guard. Default: nobody sees it without one. */
  readonly open?: 'loopback'
  /** Whether the page may refresh and reset accounts. Default false. */
  readonly actions?: boolean
  /** Address of a sandbox's control interface, for its buttons; for development. Default: none. */
  readonly sandbox?: string
  /** Cells of a matrix of carriers and clients, asked for each second. Default: no matrix. */
  readonly matrix?: () => readonly MatrixCell[]
  /** Path it is mounted at, for servers that do not strip it from `url`. Default: none, or what Express says. */
  readonly basePath?: string
}

/** A request handler of Node; Express takes it as it is. */
export interface Dashboard {
  (request: IncomingMessage, response: ServerResponse): void
  /** Give it to every strategy, also to those that are made later. */
  readonly onEvent: AuthEventListener
}

const OPTIONS: Checks<DashboardOptions> = {
  open: choice('loopback'),
  actions: flag,
  sandbox: text,
  matrix: callable,
  basePath: text,
}

/**
 * A live page of accounts: token ages, refresh windows, rejections with their countdown, and events in words. Mount it
 * behind a guard. Without one it answers 403, unless `open: 'loopback'` shows it to everyone on this machine.
 *
 * @throws ConfigurationError for a wrong option.
 *
 * @example
 * const panel = dashboard(() => strategies)
 * const strategies = [posti(credentials, { onEvent: panel.onEvent })]
 * app.use('/auth', requireAuth(operators), panel)
 */
export function dashboard(
  strategies: readonly Strategy[] | (() => readonly Strategy[]),
  options: DashboardOptions = {},
): Dashboard {
  checkOptions(options, OPTIONS, 'dashboard')
  const list = typeof strategies === 'function' ? strategies : () => strategies
  if (!Array.isArray(strategies) && typeof strategies !== 'function') {
    throw new ConfigurationError('strategies', 'must be a list of strategies, or a function that yields one')
  }
  const { open, actions = false, matrix, basePath } = options
  const link = options.sandbox === undefined ? undefined : sandboxLink(options.sandbox)
  const live = feed({
    strategies: () => list(),
    features: { actions, sandbox: link !== undefined, matrix: matrix !== undefined },
    ...(matrix !== undefined && { extra: () => ({ matrix: matrix() }) }),
  })
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response, { live, link, open, actions, basePath }).catch(() => {
      if (response.headersSent) response.destroy()
      else sendProblem(response, 500, 'the dashboard failed')
    })
  }
  return Object.assign(handler, { onEvent: (event: Parameters<AuthEventListener>[0]) => live.onEvent(event) })
}

interface Setup {
  readonly live: Feed
  readonly link: SandboxLink | undefined
  readonly open: 'loopback' | undefined
  readonly actions: boolean
  readonly basePath: string | undefined
}

async function handle(request: IncomingMessage, response: ServerResponse, setup: Setup): Promise<void> {
  const refused = refusal(request, setup.open)
  if (refused !== undefined) return sendProblem(response, 403, `The dashboard is closed: ${refused}.`)
  const { base, path } = located(request, setup.basePath)
  const { live, link } = setup
  const head = request.method === 'HEAD'
  if (request.method === 'GET' || head) {
    if (path === '') return sendPage(response, base, head)
    if (isAsset(path)) return sendAsset(response, path, head)
    if (path === 'events' && !head) return live.watch(response)
    if (path === 'state') return sendJson(response, 200, { rows: live.rows() }, head)
    if (path.startsWith('sandbox/') && link !== undefined) {
      const { status, json } = await link.call('GET', path.slice('sandbox/'.length))
      return sendJson(response, status, json, head)
    }
  } else if (request.method === 'POST') {
    if (!isOwnOrigin(request)) return sendProblem(response, 403, 'The request comes from another site.')
    if (path === 'actions') {
      if (!setup.actions) return sendProblem(response, 403, 'Actions are switched off; see the option `actions`.')
      const { status, detail } = await act(await readJson(request), live.strategies())
      return status === 200 ? sendJson(response, 200, { detail }) : sendProblem(response, status, detail)
    }
    if (path.startsWith('sandbox/') && link !== undefined) {
      const { status, json } = await link.call('POST', path.slice('sandbox/'.length), await readJson(request))
      return sendJson(response, status, json)
    }
  } else {
    return sendProblem(response, 405, 'Use GET.', { allow: 'GET, HEAD, POST' })
  }
  sendProblem(response, 404, 'There is nothing here.')
}

/** Where the page is mounted, with a slash at its end, and which part of it is asked for. */
function located(request: IncomingMessage, basePath: string | undefined): { base: string; path: string } {
  const pathOf = (url: string): string => url.replace(/[?#].*$/s, '')
  // Express strips the mount from `url` and keeps the whole in `originalUrl`.
  const original: unknown = Reflect.get(request, 'originalUrl')
  const url = pathOf(request.url ?? '/')
  const whole = typeof original === 'string' ? pathOf(original) : url
  if (basePath !== undefined) {
    const mount = basePath.replace(/\/$/, '')
    const inside = whole === mount || whole.startsWith(`${mount}/`)
    return { base: `${mount}/`, path: inside ? whole.slice(mount.length).replace(/^\//, '') : '//' }
  }
  const rest = url.replace(/^\/+/, '')
  const mount = rest !== '' && whole.endsWith(`/${rest}`) ? whole.slice(0, -rest.length) : whole
  return { base: mount.endsWith('/') ? mount : `${mount}/`, path: rest }
}
