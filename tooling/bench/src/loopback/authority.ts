import type { AccountSettings, Counters } from './account.ts'
import type { Answer, Question } from './authority-server.ts'
import { type Child, startChild } from './child.ts'

/** A token endpoint and an API in a process of their own, with an account for each contender. */
export interface Authority {
  account(name: string): RemoteAccount
  close(): Promise<void>
}

export interface RemoteAccount {
  readonly tokenEndpoint: string
  readonly api: string
  counters(): Promise<Counters>
  revoke(): Promise<void>
  set(settings: Partial<AccountSettings>): Promise<void>
}

export async function startAuthority(): Promise<Authority> {
  const child: Child<Question, Answer> = startChild(new URL('./authority-server.ts', import.meta.url))
  const { port } = await child.ask({ account: '', ask: 'counters' })
  return {
    account: (name) => remoteAccount(child, `http://127.0.0.1:${port}`, encodeURIComponent(name)),
    close: child.close,
  }
}

function remoteAccount({ ask }: Child<Question, Answer>, origin: string, account: string): RemoteAccount {
  return {
    tokenEndpoint: `${origin}/${account}/token`,
    api: `${origin}/${account}/api`,
    counters: async () => (await ask({ account, ask: 'counters' })).counters,
    revoke: async () => {
      await ask({ account, ask: 'revoke' })
    },
    set: async (settings) => {
      await ask({ account, ask: 'settings', settings })
    },
  }
}
