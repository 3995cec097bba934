import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { json, loopback } from './support/loopback.ts'

const CORE = fileURLToPath(new URL('..', import.meta.url))

/** The examples under a heading of docs/tokens.md, as they stand there. */
function examples(heading: string): string[] {
  const page = readFileSync(new URL('../../../docs/tokens.md', import.meta.url), 'utf8')
  const section = page.split(/^(?=#{2,3} )/m).find((text) => text.startsWith(`## ${heading}\n`)) ?? ''
  return [...section.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1] as string)
}

const AUTHORIZE = `
  const sent = [await strategy.authorize(request), await strategy.authorize(request)]
  const { headers } = sent[0]
  if (await strategy.recover({ ...request, headers }, { status: 401 })) sent.push(await strategy.authorize(request))
  console.log(JSON.stringify(sent.map(({ headers }) => headers.authorization)))`

/** Runs an example against a loopback server, then uses its strategy, and yields what that prints. */
async function run(
  example: string,
  origin: string,
  vault: Record<string, string>,
  use: string = AUTHORIZE,
): Promise<string[]> {
  const local = example
    .replace(/https:\/\/(?:api-eu\.dhl\.com|auth\.carrier\.example|api\.carrier\.example)/g, origin)
    .replace("'https://api.loadsmart.com'", `'${origin}'`)
    .replace('createStrategy({', 'createStrategy({ allowInsecureLoopback: true,')
    .replace('oauth2({', 'oauth2({ allowInsecureLoopback: true,')
  const program = `
    const entries = ${JSON.stringify(vault)}
    const vault = { read: async (name) => entries[name], write: async (name, value) => { entries[name] = value } }
    const request = { url: '${origin}/x', method: 'GET', headers: {} }
    ${local}
    ${use}`
  const args = ['--conditions=@auth/source', '--input-type=module-typescript', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: CORE })
  return JSON.parse(stdout)
}

test('the password grant is kept by oauth2, with the secrets in the body', async () => {
  let issued = 0
  const server = await loopback((_, response) =>
    json(response, 200, { access_token: `token-${++issued}`, expires_in: 1799 }),
  )
  const [example = ''] = examples('Grants and client authentication')
  const vault = { 'dhl/client-secret': 'c&s', 'dhl/password': 'p w' }
  expect(await run(example, server.origin, vault)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
  expect(server.requests[0]).toMatchObject({
    line: 'POST /parcel/de/account/auth/ropc/v1/token',
    body: 'grant_type=password&username=shop-user&password=p+w&client_id=shop&client_secret=c%26s',
  })
})

test('a wrong password of that grant is tried once', async () => {
  const server = await loopback((_, response) => json(response, 401, { error: 'invalid_grant' }))
  const [example = ''] = examples('Grants and client authentication')
  const use = `
    const outcomes = []
    for (let i = 0; i < 3; i++) outcomes.push(await strategy.authorize(request).catch(({ code }) => code))
    console.log(JSON.stringify(outcomes))`
  expect(await run(example, server.origin, { 'dhl/client-secret': 'c', 'dhl/password': 'p' }, use)).toEqual(
    Array.from({ length: 3 }, () => 'ERR_AUTH_CREDENTIALS_REJECTED'),
  )
  expect(server.requests).toHaveLength(1)
})

test('a token that the client signs itself is cached', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
  const [example = ''] = examples('A token source of your own')
  const sent = await run(example, 'http://127.0.0.1:1', { 'loadsmart/key': key })
  expect(sent[1]).toBe(sent[0])
  const token = String(sent[0]).slice('Bearer '.length)
  const { payload } = await jwtVerify(token, createPublicKey(privateKey))
  expect(payload).toMatchObject({ iss: 'shop' })
})

test('a refresh token that is replaced with each use is the one of the next', async () => {
  let issued = 0
  const server = await loopback((_, response) => {
    issued++
    json(response, 200, { access_token: `token-${issued}`, refresh_token: `refresh-${issued}`, expires_in: 600 })
  })
  const [, example = ''] = examples('Grants and client authentication')
  const vault = { 'carrier/client-secret': 'c', 'carrier/refresh-token': 'refresh-0' }
  expect(await run(example, server.origin, vault)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
  expect(server.requests.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual([
    'refresh-0',
    'refresh-1',
  ])
})
