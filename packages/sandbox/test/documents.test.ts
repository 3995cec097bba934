import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CURL, systemProgram } from '@auth/vitest/system-program'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../src/index.ts'

const run = promisify(execFile)

let sandbox: Sandbox
let folder: string
beforeAll(async () => {
  await systemProgram(CURL)
  sandbox = await startSandbox({
    posti: { credentials: { username: 'accountname', password: 'secret' } },
    nzPost: { trim: true },
    sendcloud: { servicePoints: true, useOAuth2: true },
  })
  folder = mkdtempSync(join(tmpdir(), 'documents-'))
  writeFileSync(join(folder, 'ca.pem'), sandbox.authority.certificate)
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await sandbox.close()
})

/**
 * Runs a command of a document in a shell, as it is printed there: only what the document leaves blank is filled in.
 * curl trusts the sandbox by its environment.
 */
async function shell(
  command: string,
  blanks: Readonly<Record<string, string>> = {},
  env: object = {},
): Promise<string> {
  let filled = command
  for (const [blank, value] of Object.entries(blanks)) {
    expect(filled).toContain(blank)
    filled = filled.replaceAll(blank, value)
  }
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', filled], {
    cwd: folder,
    env: { PATH: process.env.PATH, CURL_CA_BUNDLE: join(folder, 'ca.pem'), ...env },
  })
  return stdout
}

describe("the documents' commands, run by a shell", () => {
  test('EasyPost Connect: key, certificate signing request, token and call', async () => {
    const { credentials, options, baseUrl, control } = sandbox.easypostConnect
    await shell('openssl genrsa -out client.key 2048')
    await shell('openssl req -new -key client.key -out client.csr -subj "/CN=client.example.com"')
    const signed = await control.submitCsr(readFileSync(join(folder, 'client.csr'), 'utf8'))
    writeFileSync(join(folder, 'client.crt'), signed)
    const token = await shell(
      `curl -X POST \\
  "https://\${OAUTH2_DOMAIN}/oauth2/token" \\
  -H "Content-Type: application/x-www-form-urlencoded" \\
  -d "grant_type=client_credentials" \\
  -d "client_id=YOUR_GENERATED_CLIENT_ID" \\
  -d "client_secret=YOUR_GENERATED_CLIENT_SECRET"`,
      { YOUR_GENERATED_CLIENT_ID: credentials.clientId, YOUR_GENERATED_CLIENT_SECRET: credentials.clientSecret },
      { OAUTH2_DOMAIN: new URL(options.tokenEndpoint).host },
    )
    expect(token).toMatch(/^\{"access_token":"eyJ[^"]+","expires_in":3600,"token_type":"Bearer"\}$/)
    const call = `curl -X GET \\
  "https://api.eservices.easypost.eu/jobs" \\
  --cert "<client_certificate>" \\
  --key "<client_key>" \\
  -H "Authorization: Bearer eyJraWQiOiJ..." \\
  -H "x-api-key: <your_generated_api_key>"`
    const blanks = {
      'https://api.eservices.easypost.eu': baseUrl,
      '<client_certificate>': 'client.crt',
      '<client_key>': 'client.key',
      'eyJraWQiOiJ...': JSON.parse(token).access_token,
      '<your_generated_api_key>': credentials.apiKey,
    }
    expect(await shell(call, blanks)).toBe('{"jobs":[]}')
    expect(await shell(call, { ...blanks, '<your_generated_api_key>': 'wrong' })).toBe('{"message":"Forbidden"}')
    const other = await sandbox.authority.issueClient({ commonName: 'client.example.com' })
    writeFileSync(join(folder, 'other.crt'), other.cert)
    await expect(shell(call, { ...blanks, '<client_certificate>': 'other.crt' })).rejects.toThrow(
      /key values mismatch|58/,
    )
  })

  test('Posti: the token, whose host the document leaves blank, and its words for a wrong password', async () => {
    const line = `curl -H "Accept: application/json" --user "accountname:secret" -d grant_type=client_credentials`
    const { tokenEndpoint } = sandbox.posti.options
    const token = await shell(`${line} ${tokenEndpoint}`)
    expect(token).toMatch(/^\{"token_type":"bearer","access_token":"[^"]+","expires_in":3599\}$/)
    const rejected = await shell(`${line} ${tokenEndpoint}`, { 'accountname:secret': 'accountname:wrong' })
    expect(JSON.parse(rejected)).toMatchObject({ status: 401, error: 'Unauthorized', message: 'Bad credentials' })
  })

  test('NZ Post: the token, in spite of the space that the line break leaves behind the client id, and the call', async () => {
    const { credentials, options, baseUrl } = sandbox.nzPost
    const token = await shell(
      `curl -d "grant_type=client_credentials\\
&client_id={YOUR APPLICATION'S CLIENT_ID} \\
&client_secret={YOUR APPLICATION'S CLIENT_SECRET}" \\
https://oauth.org.com/as/token.oauth2`,
      {
        "{YOUR APPLICATION'S CLIENT_ID}": credentials.clientId,
        "{YOUR APPLICATION'S CLIENT_SECRET}": credentials.clientSecret,
        'https://oauth.org.com/as/token.oauth2': options.tokenEndpoint,
      },
    )
    expect(token).toMatch(/^\{"access_token":"[^"]+","token_type":"Bearer","expires_in":86399\}$/)
    const answer = await shell(
      `    curl -H 'Authorization: Bearer YOUR_ACCESS_TOKEN' \\
'https://api.domain.com/{API CALL}'`,
      {
        YOUR_ACCESS_TOKEN: JSON.parse(token).access_token,
        'https://api.domain.com': baseUrl,
        '{API CALL}': 'labels/domestic',
      },
    )
    expect(() => JSON.parse(answer)).not.toThrow()
  })

  test('Sendcloud: the token and the call with it, and Basic, which the integration refuses', async () => {
    const { credentials, options, baseUrl } = sandbox.sendcloud
    const panel = { 'https://panel.sendcloud.sc': baseUrl }
    const token = await shell(
      `curl -X POST --location "https://account.sendcloud.com/oauth2/token" \\
  --header "Content-Type: application/x-www-form-urlencoded" \\
  -d "grant_type=client_credentials&scope=api" \\
  --basic --user your_sendcloud_public_key:your_sendcloud_private_key`,
      {
        'https://account.sendcloud.com/oauth2/token': options.tokenEndpoint,
        your_sendcloud_public_key: credentials.publicKey,
        your_sendcloud_private_key: credentials.secretKey,
      },
    )
    expect(token).toMatch(/^\{"access_token":"ory_at_[^"]+","expires_in":3599,"scope":"api","token_type":"bearer"\}$/)
    const user = await shell(
      `curl --location "https://panel.sendcloud.sc/api/v2/user" \\
  --header "Authorization: Bearer \${access_token}"`,
      panel,
      { access_token: JSON.parse(token).access_token },
    )
    expect(JSON.parse(user)).not.toHaveProperty('error')
    const basic = `curl --location 'https://panel.sendcloud.sc/api/v2/parcels' \\
--header 'Accept: application/json' \\
--header 'Authorization: Basic <base64-encoded-token>'`
    const pair = Buffer.from(`${credentials.publicKey}:${credentials.secretKey}`).toString('base64')
    const blanks = { ...panel, '<base64-encoded-token>': pair }
    expect(JSON.parse(await shell(basic, blanks))).toMatchObject({ error: { code: 401 } })
    sandbox.sendcloud.control.change?.({ useOAuth2: false })
    expect(JSON.parse(await shell(basic, blanks))).not.toHaveProperty('error')
  })

  test('machine to machine: the request that its tables describe', async () => {
    const { credentials, baseUrl } = sandbox.machineToMachine
    const line = `curl -X POST "$HOST/oauth/v2/token" \\
  -H "Authorization: Basic $(printf %s "$PAIR" | base64 -w 0)" \\
  -H "Content-Type: application/x-www-form-urlencoded" \\
  -d grant_type=client_credentials -w ' %{http_code}'`
    const pair = `${credentials.clientId}:${credentials.clientSecret}`
    expect(await shell(line, {}, { HOST: baseUrl, PAIR: pair })).toMatch(
      /^\{"token_type":"Bearer","expires_in":3600,"access_token":"[^"]+"\} 200$/,
    )
    expect(await shell(line, {}, { HOST: baseUrl, PAIR: `${pair}x` })).toMatch(/ 401$/)
  })
})
