import { machineToMachine } from '@auth/core'
import { startSandbox } from '@auth/sandbox'
import { generatedClient } from '@auth/testing'
import createClient from 'openapi-fetch'
import { expect, onTestFinished, test } from 'vitest'
import { withAuth } from '../src/index.ts'

async function machine() {
  const sandbox = await startSandbox({ carriers: ['machineToMachine'] })
  onTestFinished(() => sandbox.close())
  const { credentials, options, baseUrl, control } = sandbox.machineToMachine
  return { baseUrl, control, authenticated: withAuth(fetch, machineToMachine(credentials, options)) }
}

interface Paths {
  '/v1/shipments': {
    get: { responses: { 200: { content: { 'application/json': { shipments: unknown[] } } } } }
  }
  '/echo': {
    post: {
      requestBody: { content: { 'application/json': { parcel: string } } }
      responses: { 200: { content: { 'application/json': { parcel: string } } } }
    }
  }
}

test('serves openapi-fetch', async () => {
  const { baseUrl, control, authenticated } = await machine()
  const client = createClient<Paths>({ baseUrl, fetch: authenticated })

  expect((await client.GET('/v1/shipments')).data).toEqual({ shipments: [] })
  control.revoke()
  expect((await client.POST('/echo', { body: { parcel: 'päckchen' } })).data).toEqual({ parcel: 'päckchen' })
  expect(control.counters).toMatchObject({ tokenRequests: 2, apiRejections: 1 })
})

test('serves a client that was generated for fetch from an OpenAPI document', async () => {
  const { baseUrl, control, authenticated } = await machine()
  const { client, listShipments, echo } = await generatedClient('@hey-api/client-fetch', import.meta.url)
  client.setConfig({ baseUrl, fetch: authenticated })

  expect((await listShipments()).data).toEqual({ shipments: [] })
  control.revoke()
  expect((await echo({ body: { parcel: 'päckchen' } })).data).toEqual({ parcel: 'päckchen' })
  expect(control.counters).toMatchObject({ tokenRequests: 2, apiRejections: 1 })
})
