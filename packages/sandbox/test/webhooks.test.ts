import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { easypostSignature, sendcloudSignature, shippoSignature, signature } from '@auth/core/verify'
import { requireAuth } from '@auth/express'
import express from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServedSandbox, serveSandbox } from '../src/index.ts'

const FORMATS = { sendcloud: sendcloudSignature, easypost: easypostSignature, shippo: shippoSignature } as const

let served: ServedSandbox
let receiver: ReturnType<ReturnType<typeof express>['listen']>
let address: string
const received: unknown[] = []
beforeAll(async () => {
  served = await serveSandbox({ carriers: ['sendcloud', 'easypost', 'shippo', 'posti'] })
  const app = express()
  for (const [id, format] of Object.entries(FORMATS)) {
    const secrets = () => served.simulators.find((one) => one.id === id)?.control.webhooks?.secret ?? ''
    app.post(
      `/${id}`,
      requireAuth(signature({ ...format, secrets, party: id })),
      express.json(),
      (request, response) => {
        received.push(request.body)
        response.sendStatus(202)
      },
    )
  }
  receiver = app.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
})
afterAll(async () => {
  receiver.closeAllConnections()
  receiver.close()
  await served.close()
})

async function deliver(id: string, body: object): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(`${served.controlUrl}/carriers/${id}/webhook`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return [response.status, (await response.json()) as Record<string, unknown>]
}

describe.each(Object.keys(FORMATS))('%s', (id) => {
  const event = { action: 'parcel_status_changed', note: 'ä' }

  test('sends events that its preset of `signature` accepts', async () => {
    expect(await deliver(id, { url: `${address}/${id}`, event })).toEqual([200, { status: 202 }])
    expect(received.at(-1)).toEqual(event)
  })

  test('sends forged events, which it refuses', async () => {
    expect(await deliver(id, { url: `${address}/${id}`, event, forged: true })).toEqual([200, { status: 401 }])
  })

  test('shows its secret beside the credentials', async () => {
    const shown = await (await fetch(`${served.controlUrl}/carriers/${id}`)).json()
    expect(shown).toHaveProperty('webhookSecret', expect.stringMatching(/^.{16,}$/))
  })
})

test("follows a rotation, where the carrier signs with the account's secret", async () => {
  served.sandbox.sendcloud.control.rotate()
  expect(await deliver('sendcloud', { url: `${address}/sendcloud`, event: {} })).toEqual([200, { status: 202 }])
})

test.each<[string, string, object, number]>([
  ['a carrier that sends none', 'posti', { url: 'http://127.0.0.1:1', event: {} }, 404],
  ['nobody who listens', 'shippo', { url: 'http://127.0.0.1:1/', event: {} }, 502],
  ['an address that is no URL', 'shippo', { url: 'file:///etc/passwd', event: {} }, 400],
  ['no event', 'shippo', { url: 'http://127.0.0.1:1/' }, 400],
])('answers %s with a problem', async (_, id, body, status) => {
  expect(await deliver(id, body)).toEqual([status, expect.objectContaining({ status, detail: expect.any(String) })])
})
