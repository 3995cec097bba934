import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { posti } from '@auth/core'

test('a carrier requests one token and reuses it synchronously', async () => {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    expect(request.url).toBe('/oauth/token?grant_type=client_credentials')
    expect(request.headers.authorization).toBe('Basic YWNjb3VudG5hbWU6c2VjcmV0')
    expect(request.headers['content-type']).toBeUndefined()
    response.setHeader('content-type', 'application/json')
    response.end('{"token_type":"bearer", "access_token": "abc123", "expires_in": 3599}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const strategy = posti(
      { username: 'accountname', password: 'secret' },
      { origins: [origin], tokenEndpoint: `${origin}/oauth/token`, allowInsecureLoopback: true },
    )
    const request = { url: `${origin}/x`, method: 'GET', headers: {} }
    expect(await strategy.authorize(request)).toEqual({ headers: { authorization: 'Bearer abc123' } })
    expect(strategy.authorize(request)).toEqual({ headers: { authorization: 'Bearer abc123' } })
    expect(requests).toBe(1)
  } finally {
    server.close()
  }
})
