import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AccountSettings, Counters } from './account.ts'
import type { Answer, Question } from './authority-server.ts'

/** A token endpoint and an API in a process of their own, with an account for each contender. */
export interface Authority {
  account(name: string): RemoteAccount
  close(): void
}

export interface RemoteAccount {
  readonly tokenEndpoint: string
  readonly api: string
  counters(): Promise<Counters>
  revoke(): Promise<void>
  set(settings: Partial<AccountSettings>): Promise<void>
}

export async function startAuthority(): Promise<Authority> {
  const child = fork(fileURLToPath(import.meta.resolve('./authority-server.ts')), { execArgv: [] })
  const waiting = new Map<number, (counters: Counters) => void>()
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error('the server has ended')))
    child.on('message', (answer: Answer) => {
      if ('listening' in answer) return resolve(answer.listening)
      waiting.get(answer.id)?.(answer.counters)
      waiting.delete(answer.id)
    })
  })
  const origin = `http://127.0.0.1:${port}`
  return {
    account: (name) => remoteAccount(child, waiting, origin, encodeURIComponent(name)),
    close: () => child.disconnect(),
  }
}

let questions = 0

type Asked = Question extends infer Q ? (Q extends Question ? Omit<Q, 'id' | 'account'> : never) : never

function remoteAccount(
  child: ChildProcess,
  waiting: Map<number, (counters: Counters) => void>,
  origin: string,
  account: string,
): RemoteAccount {
  const ask = (question: Asked): Promise<Counters> =>
    new Promise((resolve) => {
      const id = questions++
      waiting.set(id, resolve)
      child.send({ ...question, id, account })
    })
  return {
    tokenEndpoint: `${origin}/${account}/token`,
    api: `${origin}/${account}/api`,
    counters: () => ask({ ask: 'counters' }),
    revoke: async () => {
      await ask({ ask: 'revoke' })
    },
    set: async (settings) => {
      await ask({ ask: 'settings', settings })
    },
  }
}
