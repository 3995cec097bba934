// RFC 9728 with the MCP SDK as the client: from a 401 to a token, with nothing but the URL of the server.
import {
  bearer,
  guard,
  inboundRequest,
  jwt,
  metadataResponse,
  refusalResponse,
  resourceMetadata,
} from '@auth/core/verify'
import { testIssuer } from '@auth/core/verify/testing'
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, test } from 'vitest'
import { type Answer, json, loopback } from '../support/loopback.ts'

const SERVER = { name: 'labels', version: '1.0.0' }

test('an MCP client finds the authorization server from our challenge and document, and gets in', async () => {
  let issueToken: Answer = () => expect.unreachable()
  const authorization = await loopback((request, response) => {
    if (request.url === '/.well-known/oauth-authorization-server') {
      return json(response, 200, {
        issuer: authorization.origin,
        token_endpoint: `${authorization.origin}/token`,
        authorization_endpoint: `${authorization.origin}/authorize`,
        response_types_supported: ['code'],
        grant_types_supported: ['client_credentials'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
      })
    }
    if (request.url === '/token') return issueToken(request, response)
    response.writeHead(404).end()
  })

  let serve: Answer = () => expect.unreachable()
  const resource = await loopback((request, response) => serve(request, response))
  const audience = `${resource.origin}/mcp`
  const issuer = await testIssuer({ issuer: authorization.origin, audience })
  issueToken = async (_, response) =>
    json(response, 200, {
      access_token: await issuer.token({ scope: 'labels' }),
      token_type: 'Bearer',
      expires_in: 300,
    })
  const metadata = resourceMetadata({ resource: audience, authorizationServers: [authorization.origin] })
  const check = guard(bearer(jwt({ issuer: issuer.issuer, audience, jwks: issuer.jwks })), {
    resourceMetadata: metadata,
  })
  const document = metadataResponse(metadata)

  serve = async (request, response) => {
    if (request.url === document.path) {
      response.writeHead(200, document.headers).end(document.body)
      return
    }
    const decision = await check(inboundRequest(request))
    if (decision.outcome !== 'authenticated') {
      const { status, headers, body } = refusalResponse(decision)
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.writeHead(status).end(JSON.stringify(body))
      return
    }
    const message = request.method === 'POST' ? JSON.parse(request.body) : {}
    if (message.method !== 'initialize') {
      response.writeHead(request.method === 'GET' ? 405 : 202).end()
      return
    }
    const result = { protocolVersion: message.params.protocolVersion, capabilities: {}, serverInfo: SERVER }
    json(response, 200, { jsonrpc: '2.0', id: message.id, result })
  }

  const client = new Client({ name: 'test', version: '1.0.0' })
  const authProvider = new ClientCredentialsProvider({
    clientId: 'agent',
    clientSecret: 'secret-of-the-agent',
    expectedIssuer: authorization.origin,
  })
  await client.connect(new StreamableHTTPClientTransport(new URL(audience), { authProvider }) as never)
  expect(client.getServerVersion()).toMatchObject(SERVER)
  await client.close()

  const asked = resource.requests.map(({ line }) => line)
  expect(asked.slice(0, 2)).toEqual(['POST /mcp', 'GET /.well-known/oauth-protected-resource/mcp'])
  const tokenRequest = authorization.requests.find(({ line }) => line === 'POST /token')
  expect(new URLSearchParams(tokenRequest?.body).get('resource')).toBe(audience)
})
