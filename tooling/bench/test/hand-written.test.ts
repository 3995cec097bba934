import { afterAll, beforeAll, expect, test } from 'vitest'
import { clients } from '../src/clients/index.ts'
import { type Api, startApi } from '../src/loopback/api.ts'

let api: Api
beforeAll(() => {
  api = startApi()
})
afterAll(() => api.close())

test.each(clients)('$name by hand sends once more what was refused', async ({ handWritten }) => {
  const listener = await api.open({ authorization: 'Bearer fresh' })
  let header = 'Bearer stale'
  const call = handWritten(
    `${listener.origin}/shipments`,
    async (refused) => {
      if (refused) header = 'Bearer fresh'
      return header
    },
    undefined,
  )
  expect(await call()).toMatchObject({ status: 'created' })
  expect(await listener.counters()).toMatchObject({ requests: 2, refused: 1 })
  expect(await call()).toMatchObject({ status: 'created' })
  expect(await listener.counters()).toMatchObject({ requests: 3, refused: 1 })
})
