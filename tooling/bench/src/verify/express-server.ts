// An Express app with a route for each contender, in a process of its own: `fork` it, and ask by messages.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bearer, requireAuth, jwt as verifier } from '@auth/express'
import express, { type RequestHandler } from 'express'
import { expressjwt } from 'express-jwt'
import { auth } from 'express-oauth2-jwt-bearer'
import type { JSONWebKeySet } from 'jose'
import jwksRsa from 'jwks-rsa'
import type { Checker } from './checker.ts'
import { aws, digestAndMap, fastCached, fastUncached, jose } from './checkers.ts'
import { AUDIENCE, ISSUER, type IssuerKeys } from './issuer.ts'

export type ServerQuestion = { readonly start: IssuerKeys } | { readonly cpu: true }

export interface ServerAnswer {
  readonly port: number
  /** Names of the contenders; the index of each is its path. */
  readonly names: readonly string[]
  /** ms that the main thread has computed. */
  readonly cpu: number
}

const REMEMBERED = 10_000
const OPEN: RequestHandler = (_request, _response, next) => next()

let started: Promise<{ port: number; names: readonly string[] }>

process.on('message', async (question: ServerQuestion & { readonly id: number }) => {
  if ('start' in question) started = start(question.start)
  const { port, names } = await started
  const { user, system } = process.threadCpuUsage()
  process.send?.({ id: question.id, port, names, cpu: (user + system) / 1000 } satisfies ServerAnswer & { id: number })
})
process.once('disconnect', () => process.exit())

async function start(keys: IssuerKeys): Promise<{ port: number; names: readonly string[] }> {
  const app = express().disable('x-powered-by')
  const server = createServer({ keepAliveTimeout: 60_000 }, app).listen(0, '127.0.0.1', 1000)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  app.get('/jwks', (_request, response) => {
    response.json(keys.jwks)
  })
  const guards = contenders(keys, `http://127.0.0.1:${port}/jwks`)
  // One router each: no contender's requests pass the routes of the others.
  const names = Object.keys(guards)
  const body = { id: 'shp_0123456789', status: 'created' }
  const routers = names.map((name) =>
    express.Router().get('/', guards[name] as RequestHandler, (_request, response) => {
      response.json(body)
    }),
  )
  app.use('/:contender', (request, response, next) => {
    const router = routers[Number(request.params.contender)]
    if (router === undefined) next()
    else router(request, response, next)
  })
  app.use(((_error, _request, response, _next) => {
    response.status(401).end()
  }) satisfies express.ErrorRequestHandler)
  return { port, names }
}

function contenders(keys: IssuerKeys, jwksUri: string): Record<string, RequestHandler> {
  const { algorithm, jwks } = keys
  const ours = verifier({ issuer: ISSUER, audience: AUDIENCE, jwks: jwks as JSONWebKeySet, algorithms: [algorithm] })
  const secret = jwksRsa.expressJwtSecret({ jwksUri, cache: true })
  return {
    'no protection': OPEN,
    'digest and Map': guard(digestAndMap(keys, 0)),
    '@auth/express': requireAuth(bearer(ours)),
    'fast-jwt, cached': guard(fastCached(keys, REMEMBERED)),
    'fast-jwt': guard(fastUncached(keys, 0)),
    'aws-jwt-verify': guard(aws(keys, 0)),
    jose: guard(jose(keys, 0)),
    'express-oauth2-jwt-bearer': auth({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri,
      tokenSigningAlg: algorithm,
    }),
    ...(algorithm !== 'EdDSA' && {
      'express-jwt and jwks-rsa': expressjwt({
        secret: secret as never,
        algorithms: [algorithm],
        audience: AUDIENCE,
        issuer: ISSUER,
      }),
    }),
  }
}

const PREFIX = 'Bearer '

/** The dozen lines that a verifier without a framework needs. */
function guard({ check }: Checker): RequestHandler {
  return (request, response, next) => {
    const refuse = (): void => {
      response.status(401).end()
    }
    const accept = (party: string): void => {
      response.locals.party = party
      next()
    }
    const header = request.headers.authorization
    if (!header?.startsWith(PREFIX)) return refuse()
    let party: string | Promise<string>
    try {
      party = check(header.slice(PREFIX.length))
    } catch {
      return refuse()
    }
    if (party instanceof Promise) party.then(accept, refuse)
    else accept(party)
  }
}
