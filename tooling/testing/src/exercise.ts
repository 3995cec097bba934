// What an adapter is put through in runtimes that have no test runner of ours: Bun, Deno, a browser. No Node in here.
import {
  apiKey,
  basic,
  bearer,
  ConfigurationError,
  clientCertificate,
  createStrategy,
  queryKey,
  type Strategy,
} from '@auth/core'

type Send = (url: string, init?: RequestInit) => Promise<Response>

/** What the echo server of {@link exerciseServer} has seen, or the message of the error. */
export type Finding = { authorization?: string; key?: string; path?: string; method?: string; body?: string } | string

/** Sends one request for each thing that has to work everywhere, and tells what arrived. */
export async function exercise(
  create: (strategy: Strategy) => Send,
  { api, elsewhere }: { api: string; elsewhere: string },
): Promise<Record<string, Finding>> {
  const twoTokens = () => {
    const tokens = {
      current: 'first-token',
      token: () => ({ value: tokens.current, expiresAt: Number.POSITIVE_INFINITY }),
      status: () => ({ state: 'fresh' as const }),
      reset: async () => {},
      async reject(value: string) {
        tokens.current = 'second-token'
        return value !== tokens.current
      },
    }
    return tokens
  }
  const strategy = (...layers: Parameters<typeof createStrategy>[0]['layers']): Strategy =>
    createStrategy({ origins: [api], layers })
  const send = create(strategy(bearer(twoTokens()), apiKey('x-api-key', 'key')))
  const tried = async (sending: () => Promise<Response>): Promise<Finding> => {
    try {
      return (await (await sending()).json()) as Finding
    } catch (error) {
      return error instanceof ConfigurationError ? error.code : String(error)
    }
  }
  const form = new FormData()
  form.append('n"ame', 'ä')
  form.append('label', new Blob(['%PDF']), 'label.pdf')
  const post = { method: 'POST', body: '{"a":"ä"}', headers: { 'content-type': 'application/json' } }

  return {
    attached: await tried(() => send(`${api}/echo`)),
    replayed: await tried(() => send(`${api}/second-token-only`, post)),
    form: await tried(() => create(strategy(bearer(twoTokens())))(`${api}/form`, { method: 'POST', body: form })),
    basic: await tried(() => create(strategy(basic({ username: 'ä', password: 'b' })))(`${api}/echo`)),
    query: await tried(() => create(strategy(queryKey('key', 'a b')))(`${api}/echo?x=1`)),
    elsewhere: await tried(() => send(`${elsewhere}/echo`)),
    redirected: await tried(() => send(`${api}/redirect`)),
    redirectedElsewhere: await tried(() => send(`${api}/redirect-elsewhere`)),
    certificate: await tried(() => create(strategy(clientCertificate({ ca: '-----BEGIN CERTIFICATE-----' })))(api)),
  }
}
