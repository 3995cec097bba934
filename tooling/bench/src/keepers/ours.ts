import { bearer, type Credentials, clientSecretBasic, createStrategy, oauth2 } from '@auth/core'
import { API, CLIENT, type MakeKeeper } from './keeper.ts'

const header = ({ headers }: Credentials): string => headers?.authorization as string

export const ours: MakeKeeper = (tokenEndpoint) => {
  const clientAuth = clientSecretBasic(CLIENT.id, CLIENT.secret)
  const strategy = createStrategy({
    origins: [API],
    layers: [bearer(oauth2({ tokenEndpoint, clientAuth, allowInsecureLoopback: true }))],
  })
  return {
    name: '@auth/core',
    attach(request) {
      const credentials = strategy.authorize(request)
      return credentials instanceof Promise ? credentials.then(header) : header(credentials)
    },
  }
}
