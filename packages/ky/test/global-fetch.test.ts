import { apiKey, createStrategy } from '@auth/core'
import ky from 'ky'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { expect, onTestFinished, test } from 'vitest'
import { withAuth } from '../src/index.ts'

test('looks the global fetch up at each call: msw sees a client that was made before it listens', async () => {
  const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [apiKey('x-api-key', 'key-0001')] })
  const carrier = withAuth(ky.extend({ baseUrl: 'https://api.example.com' }), strategy)
  const server = setupServer(
    http.get('https://api.example.com/parcels', ({ request }) =>
      HttpResponse.json({ key: request.headers.get('x-api-key') }),
    ),
  )
  server.listen()
  onTestFinished(() => server.close())
  expect(await carrier.get('/parcels').json()).toEqual({ key: 'key-0001' })
})
