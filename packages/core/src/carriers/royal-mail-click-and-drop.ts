import { defineCarrier } from '../carrier.ts'
import type { CarrierAbout } from '../carrier-about.ts'
import type { Secrets } from '../carrier-profile.ts'
import { apiKey } from '../schemes/api-key.ts'
import { headerValue } from '../secret.ts'

export type RoyalMailClickAndDropCredentials = Secrets<'apiKey'>

/**
 * Royal Mail Click & Drop: the key alone in the Authorization header, without a scheme.
 *
 * @see https://api.parcel.royalmail.com
 */
export const royalMailClickAndDrop = /* @__PURE__ */ defineCarrier<RoyalMailClickAndDropCredentials>({
  id: 'royal-mail-click-and-drop',
  environments: { production: { origins: ['https://api.parcel.royalmail.com'] } },
  secrets: { apiKey: headerValue },
  layers: ({ apiKey: key }) => [apiKey('authorization', key)],
})

export const about: CarrierAbout = {
  title: 'Royal Mail Click & Drop',
  sources: ['verbb/shippy@dcbed61', 'api.parcel.royalmail.com'],
  read: '2026-11-21',
  credentials: { apiKey: 'Click & Drop, Settings, Integrations, Click & Drop API: the key' },
  api: [['GET /api/v1/version', 'authorization: {apiKey}']],
  open: ['The body of a 401'],
}
