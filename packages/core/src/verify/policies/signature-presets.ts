import type { SignatureFormat } from './signature.ts'

/**
 * How Sendcloud signs its webhooks, with the integration's secret key or webhook signature key.
 *
 * @see https://sendcloud.dev/api/v3/webhooks
 *
 * @example
 * signature({ ...sendcloudSignature, secrets: process.env.SENDCLOUD_SECRET_KEY, party: 'sendcloud' })
 */
export const sendcloudSignature: SignatureFormat = { header: 'sendcloud-signature' }

/**
 * How EasyPost signs its webhooks, with the `webhook_secret`, as its client libraries check it.
 *
 * @see https://docs.easypost.com/guides/webhooks-guide
 */
export const easypostSignature: SignatureFormat = {
  header: 'x-hmac-signature',
  prefix: 'hmac-sha256-hex=',
  secretForm: 'NFKD',
}

/**
 * How Shippo signs its webhooks, once it has been asked to.
 *
 * @see https://docs.goshippo.com/tracking/webhook-security
 */
export const shippoSignature: SignatureFormat = {
  header: 'shippo-auth-signature',
  parameters: { timestamp: 't', signature: 'v1' },
}
