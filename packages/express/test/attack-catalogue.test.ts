import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  hashApiKey,
  jwt,
  type Policy,
  requireAuth,
  requireScope,
} from '../src/index.ts'
import { claims, scopes } from './attacks/claims.ts'
import { apiKeys, basics, compositions, KEY, OTHER_KEY, PASSWORD } from './attacks/credentials.ts'
import { type Attack, forge, jwks } from './attacks/forge.ts'
import { algorithms, headerKeys, signatures, types } from './attacks/keys.ts'
import { canonicality, structure } from './attacks/structure.ts'
import { transport } from './attacks/transport.ts'
import { AUDIENCE, ISSUER } from './support/issuer.ts'
import { close, type Running, running } from './support/server.ts'

const catalogue: Readonly<Record<string, readonly Attack[]>> = {
  structure,
  canonicality,
  algorithms,
  signatures,
  headerKeys,
  types,
  claims,
  scopes: scopes.map((attack) => ({ ...attack, path: '/scope' })),
  transport,
  basics,
  apiKeys,
  compositions,
}

let server: Server
let target: Running
/** Requests that got through; none may. */
let reached = 0

beforeAll(async () => {
  const tokens = bearer(jwt({ issuer: ISSUER, audience: AUDIENCE, jwks: jwks as never }))
  const keys = apiKey({
    keys: [
      { id: 'live', hash: hashApiKey(KEY), party: 'acme' },
      { id: 'globex', hash: hashApiKey(OTHER_KEY), party: 'globex' },
      { id: 'expired', hash: hashApiKey('expired-key'), party: 'acme', expiresAt: Date.now() - 1 },
      { id: 'future', hash: hashApiKey('future-key'), party: 'acme', notBefore: Date.now() + 3_600_000 },
    ],
  })
  const users = new Map([['acme', PASSWORD]])
  const passwords = basic({
    verify: (username, password) => (users.get(username) === password ? { party: username } : undefined),
  })
  const app = express()
  const protect = (path: string, policy: Policy, ...further: express.RequestHandler[]): void => {
    app.all(path, requireAuth(policy), ...further, (_request, response) => {
      reached++
      response.json({})
    })
  }
  protect('/', tokens)
  protect('/scope', tokens, requireScope('labels:read'))
  protect('/key', keys)
  protect('/basic', passwords)
  protect('/all', allOf(keys, tokens))
  protect('/any', anyOf(keys, tokens))
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  target = running(server, 'http')
})
afterAll(() => close(server))

/** The status of the answer; 0 when the server cut the connection. */
function rawStatus(bytes: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(target.port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)))
  })
}

const credential = `Basic ${Buffer.from(`acme:${PASSWORD}`).toString('base64')}`

describe('what the attacks start from is accepted', () => {
  test.each([
    ['RS256', '/', { authorization: `Bearer ${forge()}` }],
    ['ES256', '/', { authorization: `Bearer ${forge({ key: 'ec', alg: 'ES256' })}` }],
    ['ES384', '/', { authorization: `Bearer ${forge({ key: 'ec384', alg: 'ES384' })}` }],
    ['EdDSA', '/', { authorization: `Bearer ${forge({ key: 'ed', alg: 'EdDSA' })}` }],
    ['PS256', '/', { authorization: `Bearer ${forge({ key: 'rsaAny', kid: 'rsa-any', alg: 'PS256' })}` }],
    ['typ JWT', '/', { authorization: `Bearer ${forge({ header: { typ: 'JWT' } })}` }],
    ['no typ', '/', { authorization: `Bearer ${forge({ header: { typ: undefined } })}` }],
    ['several spaces', '/', { authorization: `bEARER   ${forge()}` }],
    ['a list of audiences', '/', { authorization: `Bearer ${forge({ claims: { aud: ['x', AUDIENCE] } })}` }],
    ['a scope', '/scope', { authorization: `Bearer ${forge()}` }],
    ['a list of scopes', '/scope', { authorization: `Bearer ${forge({ claims: { scope: ['labels:read'] } })}` }],
    ['a key', '/key', { 'x-api-key': KEY }],
    ['Basic', '/basic', { authorization: credential }],
    ['a key and a token', '/all', { 'x-api-key': KEY, authorization: `Bearer ${forge()}` }],
    ['either', '/any', { 'x-api-key': KEY }],
  ])('%s', async (_name, path, headers) => {
    expect((await target.send({ path, headers })).status).toBe(200)
  })
})

describe.each(Object.entries(catalogue))('%s', (_group, attacks) => {
  test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, { raw, ...sent }) => {
    const before = reached
    const status = raw === undefined ? (await target.send(sent)).status : await rawStatus(raw)
    expect(reached).toBe(before)
    expect([400, 401, 403, 431]).toContain(status)
  })
})

test('the catalogue has at least 220 cases, each with a name of its own', () => {
  const names = Object.values(catalogue).flatMap((attacks) => attacks.map(({ name }) => name))
  expect(names.length).toBeGreaterThanOrEqual(220)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})
