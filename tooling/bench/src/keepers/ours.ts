import { bearer, type Credentials, clientSecretBasic, createStrategy, oauth2, type TokenStore } from '@auth/core'
import { API, CLIENT, type MakeKeeper } from './keeper.ts'

const header = ({ headers }: Credentials): string => headers?.authorization as string

/** Ours, alone or with a store that it shares with other processes. */
export function oursWith(name: string, store?: TokenStore): MakeKeeper {
  return (tokenEndpoint) => {
    const clientAuth = clientSecretBasic(CLIENT.id, CLIENT.secret)
    const strategy = createStrategy({
      origins: [API],
      layers: [bearer(oauth2({ tokenEndpoint, clientAuth, store, allowInsecureLoopback: true }))],
    })
    return {
      name,
      attach(request) {
        const credentials = strategy.authorize(request)
        return credentials instanceof Promise ? credentials.then(header) : header(credentials)
      },
    }
  }
}

export const ours = oursWith('@auth/core')
