// Runs in the consumer's folder, with the sandbox that was packed: stands in for the carriers, and tells its parent how.
import { startSandbox } from '@auth/sandbox'

/** What the parent needs to run an example against this sandbox. */
export interface StandIn {
  /** By documented host: the origin that answers for it. */
  readonly routes: Readonly<Record<string, string>>
  /** Credentials, under the names that the examples read. */
  readonly env: Readonly<Record<string, string>>
  /** PEM of the authority behind it. */
  readonly ca: string
}

/** Per carrier: what its simulator has seen so far. */
export type Seen = Readonly<Record<string, { readonly apiCalls: number; readonly apiRejections: number }>>

const sandbox = await startSandbox()
const { easypostConnect, nzPost, posti, sendcloud } = sandbox
const origin = (url: string): string => new URL(url).origin

const standIn: StandIn = {
  routes: {
    'api.eservices.easypost.eu': easypostConnect.baseUrl,
    'auth.eservices.easypost.eu': origin(easypostConnect.options.tokenEndpoint),
    'api.nzpost.co.nz': nzPost.baseUrl,
    'oauth.nzpost.co.nz': origin(nzPost.options.tokenEndpoint),
    'api.posti.fi': posti.baseUrl,
    'oauth2.posti.com': origin(posti.options.tokenEndpoint),
    'panel.sendcloud.sc': sendcloud.baseUrl,
    'servicepoints.sendcloud.sc': sendcloud.servicePointsUrl,
    'account.sendcloud.com': origin(sendcloud.options.tokenEndpoint),
  },
  env: {
    POSTI_USERNAME: posti.credentials.username,
    POSTI_PASSWORD: posti.credentials.password,
    NZPOST_CLIENT_ID: nzPost.credentials.clientId,
    NZPOST_CLIENT_SECRET: nzPost.credentials.clientSecret,
    SENDCLOUD_PUBLIC_KEY: sendcloud.credentials.publicKey,
    SENDCLOUD_SECRET_KEY: sendcloud.credentials.secretKey,
  },
  ca: sandbox.authority.certificate,
}

const counters = { easypostConnect, nzPost, posti, sendcloud }
process.send?.(standIn)
process.on('message', () => {
  const seen: Seen = Object.fromEntries(
    Object.entries(counters).map(([id, { control }]) => [id, { ...control.counters }]),
  )
  process.send?.(seen)
})
process.on('disconnect', () => sandbox.close())
