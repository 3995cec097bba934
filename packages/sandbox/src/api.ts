import type { Policy, Refused } from '@auth/core/verify'
import { requireAuth } from '@auth/express'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Router,
} from 'express'
import { misbehave } from './faults.ts'
import type { Recorder } from './recorder.ts'
import { type Answer, json, send } from './response.ts'

export interface ApiOptions {
  readonly recorder: Recorder
  readonly policy: Policy
  /** The carrier's own words for a refused request. */
  readonly refuse: (refused: Refused, request: Request) => Answer
  /** Further checks on an authenticated request; runs before the body is read. */
  readonly permit?: RequestHandler
  /** The carrier's routes; `request.body` is a Buffer. */
  readonly routes: (router: Router) => void
}

const REDIRECTS = [301, 302, 303, 307, 308]

/**
 * A protected API: the carrier's routes, and two that no carrier has: `/echo` returns the body and the content type as
 * received, `/redirect?to=<url>&status=<code>` redirects, by default to `/echo` with 302.
 */
export function api({ recorder, policy, refuse, permit, routes }: ApiOptions): Router {
  const { counters, observe, nextApiFault } = recorder
  const router = express.Router()
  router.use((request, response, next) => {
    counters.apiCalls += 1
    response.on('finish', () => {
      if (response.statusCode === 401 || response.statusCode === 403) counters.apiRejections += 1
    })
    observe(request, 'api')
    const fault = nextApiFault()
    if (fault === undefined) next()
    else misbehave(response, fault)
  })
  router.use(requireAuth(policy, { respond: (refused, request, response) => send(response, refuse(refused, request)) }))
  if (permit !== undefined) router.use(permit)
  router.use(express.raw({ type: () => true, limit: '32mb' }))
  routes(router)
  router.all('/echo', (request, response) => {
    const type = request.headers['content-type']
    response.status(200)
    if (type !== undefined) response.setHeader('content-type', type)
    response.end(Buffer.isBuffer(request.body) ? request.body : undefined)
  })
  router.all('/redirect', (request, response) => {
    const { to, status } = request.query
    const code = Number(status ?? 302)
    const location = typeof to === 'string' ? to : `${request.baseUrl}/echo`
    send(
      response,
      REDIRECTS.includes(code)
        ? { status: code, headers: { location } }
        : json(400, { message: 'status must be a redirect' }),
    )
  })
  router.use((_request, response) => send(response, json(404, { message: 'Not Found' })))
  router.use(unexpected)
  return router
}

// Four parameters: that is how Express knows an error handler. What went wrong is told: nobody else can find out.
const unexpected: ErrorRequestHandler = (error: { status?: number; message?: string }, _request, response, next) => {
  if (response.headersSent) next(error)
  else send(response, json(error.status ?? 500, { message: error.message ?? 'Internal Server Error' }))
}

/** An Express application that says nothing of its own accord. */
export function application(): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  return app
}

/** The first layer that refused, in the policy's order; `undefined` when the layers name different parties. */
export function failedLayer({ reports }: Refused): string | undefined {
  return reports.find(({ outcome }) => outcome !== 'authenticated')?.layer
}
