import { posti } from '@auth/core'
import { badgateway } from '../keepers/badgateway.ts'
import { closure } from '../keepers/closure.ts'
import { google } from '../keepers/google.ts'
import type { Keeper } from '../keepers/keeper.ts'

const ENDPOINT = 'https://issuer.example/token'

/** A keeper for each tenant of a service: one account at one carrier. */
export const tenants: Readonly<Record<string, (tenant: number) => Keeper>> = {
  'posti(…)': (tenant) => {
    const strategy = posti({ username: `tenant-${tenant}`, password: `password of tenant ${tenant}` })
    return {
      name: 'posti(…)',
      attach(request) {
        const credentials = strategy.authorize(request)
        return credentials instanceof Promise
          ? credentials.then(({ headers }) => headers?.authorization ?? '')
          : (credentials.headers?.authorization ?? '')
      },
    }
  },
  'hand-written closure': () => closure(ENDPOINT),
  '@badgateway/oauth2-client': () => badgateway(ENDPOINT),
  'google-auth-library': () => google(ENDPOINT),
}

/** Of a host that all of the tenants' strategies trust. */
export const REQUEST = { url: 'https://api.posti.fi/shipments', method: 'GET', headers: {} }
