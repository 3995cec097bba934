import type { MakeKeeper } from './keeper.ts'
import { requestToken } from './request-token.ts'

const EARLY = 60_000

/** The dozen lines that everybody writes first: no shared request, any origin. */
export const closure: MakeKeeper = (tokenEndpoint) => {
  let header = ''
  let expiresAt = 0
  return {
    name: 'hand-written closure',
    async attach() {
      if (Date.now() > expiresAt - EARLY) {
        const issued = await requestToken(tokenEndpoint)
        header = `Bearer ${issued.value}`
        expiresAt = issued.expiresAt
      }
      return header
    },
  }
}
