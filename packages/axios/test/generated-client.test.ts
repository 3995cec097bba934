import { machineToMachine } from '@auth/core'
import { startSandbox } from '@auth/sandbox'
import { generatedClient } from '@auth/testing'
import axios from 'axios'
import { expect, onTestFinished, test } from 'vitest'
import { withAuth } from '../src/index.ts'

test('serves a client that was generated for axios from an OpenAPI document', async () => {
  const sandbox = await startSandbox({ carriers: ['machineToMachine'] })
  onTestFinished(() => sandbox.close())
  const { credentials, options, baseUrl, control } = sandbox.machineToMachine
  const { client, listShipments, echo } = await generatedClient('@hey-api/client-axios', import.meta.url)
  const instance = withAuth(axios.create(), machineToMachine(credentials, options))
  client.setConfig({ baseURL: baseUrl, axios: instance })

  expect((await listShipments()).data).toEqual({ shipments: [] })
  control.revoke()
  expect((await echo({ body: { parcel: 'päckchen' } })).data).toEqual({ parcel: 'päckchen' })
  expect(control.counters).toMatchObject({ tokenRequests: 2, apiRejections: 1 })
})
