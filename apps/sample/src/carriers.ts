import {
  apiKey,
  basic,
  bearer,
  clientCertificate,
  clientCredentials,
  clientSecretBasic,
  clientSecretPost,
  createStrategy,
  easypostConnect,
  type Layer,
  machineToMachine,
  nzPost,
  type OAuth2Options,
  oauth2,
  posti,
  sendcloud,
  trustAnchors,
} from '@auth/core'
import { createCertificateAuthority } from '@auth/sandbox/pki'
import type { Account, Carrier, LayerUnderTest } from './carrier.ts'
import { described } from './described.ts'

const WRONG = 'wrong'

/** Those of the five documents, layer by layer; Sendcloud in both of its modes. */
const own: readonly Carrier[] = [
  {
    id: 'easypost-connect',
    title: 'EasyPost Connect',
    simulator: 'easypostConnect',
    async open({ easypostConnect: { credentials, options, baseUrl, control } }, store) {
      const { clientId, clientSecret, tls } = credentials
      const { ca, origins, tokenEndpoint } = options
      const stranger = await (await createCertificateAuthority()).issueClient()
      return {
        url: `${baseUrl}/jobs`,
        strategy: easypostConnect(credentials, { ...options, store }),
        assemble: assembler(origins, ca),
        layers: [
          {
            name: 'certificate',
            right: clientCertificate({ ...tls, ca }),
            whenMissing: 'TLS',
            wrong: [
              {
                label: 'certificate of another CA',
                layer: clientCertificate({ ...stranger, ca }),
                result: 'TLS',
              },
            ],
          },
          {
            name: 'API key',
            right: apiKey('x-api-key', credentials.apiKey),
            whenMissing: '403',
            wrong: [{ label: 'wrong API key', layer: apiKey('x-api-key', WRONG), result: '403' }],
          },
          token({ clientAuth: clientSecretPost(clientId, clientSecret), tokenEndpoint, ca, store }),
        ],
        wrongSecret: async () =>
          easypostConnect({ ...(await control.createAccount()), clientSecret: WRONG }, { ...options, store }),
      }
    },
  },
  {
    id: 'posti',
    title: 'Posti',
    simulator: 'posti',
    async open({ posti: { credentials, options, baseUrl, control } }, store) {
      const { username, password } = credentials
      const { ca, origins, tokenEndpoint } = options
      const grant = clientCredentials({ placement: 'query' })
      return {
        url: `${baseUrl}/estimation/v1/estimates`,
        strategy: posti(credentials, { ...options, store }),
        assemble: assembler(origins, ca),
        layers: [token({ clientAuth: clientSecretBasic(username, password), grant, tokenEndpoint, ca, store })],
        wrongSecret: async () => posti({ ...(await control.createAccount()), password: WRONG }, { ...options, store }),
      }
    },
  },
  {
    id: 'nz-post',
    title: 'NZ Post',
    simulator: 'nzPost',
    async open({ nzPost: { credentials, options, baseUrl, control } }, store) {
      const { clientId, clientSecret } = credentials
      const { ca, origins, tokenEndpoint } = options
      return {
        url: `${baseUrl}/parceltrack/3.0/parcels`,
        strategy: nzPost(credentials, { ...options, store }),
        assemble: assembler(origins, ca),
        layers: [
          {
            name: 'client_id header',
            right: apiKey('client_id', clientId),
            whenMissing: '401',
            wrong: [{ label: 'wrong client_id header', layer: apiKey('client_id', WRONG), result: '401' }],
          },
          token({ clientAuth: clientSecretPost(clientId, clientSecret), tokenEndpoint, ca, store }),
        ],
        wrongSecret: async () =>
          nzPost({ ...(await control.createAccount()), clientSecret: WRONG }, { ...options, store }),
      }
    },
  },
  {
    id: 'sendcloud-basic',
    title: 'Sendcloud, Basic',
    simulator: 'sendcloud',
    async open({ sendcloud: { options, baseUrl, control } }, store) {
      const credentials = await control.createAccount()
      const { publicKey, secretKey } = credentials
      const { ca, origins } = options
      return {
        url: `${baseUrl}/api/v2/user`,
        strategy: sendcloud(credentials, { ...options, mode: 'basic', store }),
        assemble: assembler(origins, ca),
        layers: [
          {
            name: 'Basic',
            right: basic({ username: publicKey, password: secretKey }),
            whenMissing: '401',
            wrong: [
              { label: 'wrong secret key', layer: basic({ username: publicKey, password: WRONG }), result: '401' },
            ],
          },
        ],
      }
    },
  },
  {
    id: 'sendcloud-oauth2',
    title: 'Sendcloud, OAuth 2.0',
    simulator: 'sendcloud',
    async open({ sendcloud: { options, baseUrl, control } }, store) {
      const credentials = await control.createAccount({ useOAuth2: true })
      const { publicKey, secretKey } = credentials
      const { ca, origins, tokenEndpoint } = options
      const clientAuth = clientSecretBasic(publicKey, secretKey, { encoding: 'form' })
      const grant = clientCredentials({ scope: 'api' })
      const oauthOptions = { ...options, mode: 'oauth2', store } as const
      return {
        url: `${baseUrl}/api/v2/user`,
        strategy: sendcloud(credentials, oauthOptions),
        assemble: assembler(origins, ca),
        layers: [
          token({ clientAuth, grant, tokenEndpoint, ca, store }, [
            // The right keys in the wrong mode: what a ticked "Use OAuth2 authentication" is about.
            { label: 'Basic in place of the token', layer: basic({ username: publicKey, password: secretKey }) },
          ]),
        ],
        wrongSecret: async () => sendcloud({ ...credentials, secretKey: WRONG }, oauthOptions),
      }
    },
  },
  {
    id: 'machine-to-machine',
    title: 'Machine to machine',
    simulator: 'machineToMachine',
    async open({ machineToMachine: { credentials, options, baseUrl, control } }, store) {
      const { clientId, clientSecret } = credentials
      const { ca } = options
      const tokenEndpoint = `${baseUrl}/oauth/v2/token`
      return {
        url: `${baseUrl}/v1/shipments`,
        strategy: machineToMachine(credentials, { ...options, store }),
        assemble: assembler([baseUrl], ca),
        layers: [token({ clientAuth: clientSecretBasic(clientId, clientSecret), tokenEndpoint, ca, store })],
        wrongSecret: async () =>
          machineToMachine({ ...(await control.createAccount()), clientSecret: WRONG }, { ...options, store }),
      }
    },
  },
]

/** Every carrier that is described. */
export const carriers: readonly Carrier[] = [...own, ...described(own)]

function token(options: OAuth2Options, others: readonly { label: string; layer: Layer }[] = []): LayerUnderTest {
  const unknown = bearer({ token: () => ({ value: WRONG, expiresAt: Number.MAX_SAFE_INTEGER }) })
  return {
    name: 'token',
    right: bearer(oauth2(options)),
    whenMissing: '401',
    wrong: [{ label: 'wrong token', layer: unknown }, ...others].map((wrong) => ({ ...wrong, result: '401' })),
  }
}

/** The trust anchors come along: without them every call would fail before a credential is looked at. */
function assembler(origins: readonly string[], ca: string): Account['assemble'] {
  return (layers) => {
    const own = layers.some(({ scheme }) => scheme === 'clientCertificate')
    return createStrategy({ origins, layers: own ? layers : [trustAnchors(ca), ...layers] })
  }
}
