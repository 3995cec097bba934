import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { basic } from '../schemes/basic.ts'
import { basicUser } from '../secret.ts'

export type EasypostCredentials = Secrets<'apiKey'>

/**
 * EasyPost, the US shipping API: the key as user name of HTTP Basic, with an empty password.
 *
 * @see https://docs.easypost.com/docs/authentication
 */
export const easypost = /* @__PURE__ */ defineCarrier<EasypostCredentials>({
  id: 'easypost',
  environments: { production: { origins: ['https://api.easypost.com'] } },
  secrets: { apiKey: basicUser },
  layers: ({ apiKey }) => [basic({ username: apiKey, password: '' })],
})

export const about: CarrierAbout = {
  title: 'EasyPost (US)',
  sources: ['EasyPost/easypost-node@ac2a732', 'NangoHQ/nango@2f4c0af'],
  read: '2026-11-21',
  credentials: { apiKey: 'EasyPost dashboard, API Keys: production or test key' },
  api: [['GET /v2/trackers', 'authorization: Basic base64({apiKey}:)']],
  open: ['The body of a 401'],
}
