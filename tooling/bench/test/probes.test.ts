import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { probeCaller } from '../src/callers/probe.ts'
import { probeClient } from '../src/clients/probe.ts'
import { closure } from '../src/keepers/closure.ts'
import type { Keeper } from '../src/keepers/keeper.ts'
import { probeKeeper } from '../src/keepers/probe.ts'
import { requestToken } from '../src/keepers/request-token.ts'
import { type Api, startApi } from '../src/loopback/api.ts'
import { type Authority, type RemoteAccount, startAuthority } from '../src/loopback/authority.ts'
import { type App, probeRoute, startApp, UNPROTECTED } from '../src/verify/app.ts'
import { digestAndMap } from '../src/verify/checkers.ts'
import { issuer } from '../src/verify/issuer.ts'
import { probeChecker } from '../src/verify/probe.ts'

describe('with a token endpoint', () => {
  let authority: Authority
  beforeAll(async () => {
    authority = await startAuthority()
  })
  afterAll(() => authority.close())

  test('a keeper that keeps its token passes', async () => {
    const account = authority.account('good')
    await expect(probeKeeper(closure(account.tokenEndpoint), account)).resolves.toBeUndefined()
  })

  test('a keeper that attaches nothing, or not a token of its endpoint, fails', async () => {
    const account = authority.account('nothing')
    const attaching = (header: string): Keeper => ({ name: 'constant', attach: () => header })
    await expect(probeKeeper(attaching(''), account)).rejects.toThrow('it attaches ""')
    await expect(probeKeeper(attaching('Bearer undefined'), account)).rejects.toThrow('it attaches "Bearer undefined"')
  })

  test('a keeper that requests a token each time fails', async () => {
    const account = authority.account('forgetful')
    const attach = async (): Promise<string> => `Bearer ${(await requestToken(account.tokenEndpoint)).value}`
    await expect(probeKeeper({ name: 'forgetful', attach }, account)).rejects.toThrow('another token')
  })

  test('a keeper that requests tokens on the side fails', async () => {
    const account = authority.account('wasteful')
    const { attach } = closure(account.tokenEndpoint)
    const wasteful: Keeper = {
      name: 'wasteful',
      async attach(request) {
        const header = await attach(request)
        await requestToken(account.tokenEndpoint)
        return header
      },
    }
    await expect(probeKeeper(wasteful, account)).rejects.toThrow('3 token requests')
  })

  test('a caller that does not authenticate, or not again, fails', async () => {
    const call = async (account: RemoteAccount, token?: string): Promise<number> =>
      (await fetch(account.api, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })).status
    const bare = authority.account('bare')
    await expect(probeCaller({ name: 'bare', call: () => call(bare) }, bare)).rejects.toThrow('answered with 401')
    const stubborn = authority.account('stubborn')
    const { value } = await requestToken(stubborn.tokenEndpoint)
    await expect(probeCaller({ name: 'stubborn', call: () => call(stubborn, value) }, stubborn)).rejects.toThrow(
      '401 after its token was revoked',
    )
  })
})

describe('with an API', () => {
  let api: Api
  beforeAll(() => {
    api = startApi()
  })
  afterAll(() => api.close())

  test('a client that reads its document passes, one that is refused or asks twice fails', async () => {
    const listener = await api.open({ authorization: 'Bearer good' })
    const get = async (authorization: string): Promise<unknown> => {
      const response = await fetch(listener.origin, { headers: { authorization } })
      return response.ok ? response.json() : undefined
    }
    await expect(probeClient(() => get('Bearer good'), listener)).resolves.toBeUndefined()
    await expect(probeClient(() => get('Bearer bad'), listener)).rejects.toThrow('another document')
    const twice = async (): Promise<unknown> => {
      await get('Bearer good')
      return get('Bearer good')
    }
    await expect(probeClient(twice, listener)).rejects.toThrow('more than one request')
  })
})

describe('with tokens', () => {
  const tokens = issuer('ES256')

  test('a checker that looks at signatures passes', async () => {
    await expect(probeChecker(digestAndMap(tokens, 0), tokens)).resolves.toBeUndefined()
  })

  test('a checker that accepts anything, or names somebody else, fails', async () => {
    await expect(probeChecker({ name: 'open', check: () => 'probe' }, tokens)).rejects.toThrow('accepts a forged token')
    await expect(probeChecker({ name: 'blind', check: () => 'somebody' }, tokens)).rejects.toThrow('it names somebody')
  })
})

describe('with an app', () => {
  const tokens = issuer('ES256')
  let app: App
  beforeAll(async () => {
    app = await startApp(tokens, 1)
  })
  afterAll(() => app.close())

  test('every route passes', async () => {
    for (const name of app.names) await probeRoute(app, name, tokens)
  })

  test('a route that lets anybody in, or nobody, fails', async () => {
    const open: App = { ...app, request: (_, token) => app.request(UNPROTECTED, token) }
    await expect(probeRoute(open, 'jose', tokens)).rejects.toThrow('answers a forged token with 200')
    await expect(probeRoute(app, 'jose', issuer('ES256'))).rejects.toThrow('answers a good token with 401')
  })
})
