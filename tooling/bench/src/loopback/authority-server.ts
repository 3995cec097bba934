// A token endpoint and an API, in a process of their own: `fork` it, and steer it by messages.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Account, type AccountSettings, type Counters, newAccount } from './account.ts'

/** What the parent may ask. */
export type Question = { readonly account: string } & (
  | { readonly ask: 'counters' }
  | { readonly ask: 'revoke' }
  | { readonly ask: 'settings'; readonly settings: Partial<AccountSettings> }
)

export interface Answer {
  readonly port: number
  readonly counters: Counters
}

const accounts = new Map<string, Account>()

function account(name: string): Account {
  const known = accounts.get(name)
  if (known !== undefined) return known
  const made = newAccount(name)
  accounts.set(name, made)
  return made
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const [, name = '', path] = (request.url ?? '').split(/[/?]/)
  request.resume().once('end', () => (path === 'token' ? token : api)(account(name), request, response))
})

function token({ counters, settings, issue }: Account, _request: IncomingMessage, response: ServerResponse): void {
  counters.tokenRequests++
  setTimeout(() => {
    if (settings.refuse) send(response, 401, { error: 'invalid_client' })
    else send(response, 200, { access_token: issue(), token_type: 'Bearer', expires_in: settings.lifetime })
  }, settings.latency)
}

function api({ counters, settings, knows }: Account, request: IncomingMessage, response: ServerResponse): void {
  counters.apiRequests++
  const header = request.headers.authorization
  if (header?.startsWith('Bearer ') && knows(header.slice(7))) {
    send(response, 200, { ok: true })
  } else {
    // Refusals come one after the other over the given time, as they do from an API under load.
    const delay = (settings.refusalsOver * (counters.refusals++ % 100)) / 100
    setTimeout(() => send(response, 401, { error: 'invalid_token' }), delay)
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
}

server.listen(0, '127.0.0.1', 5000)
await once(server, 'listening')
const { port } = server.address() as AddressInfo

process.on('message', (question: Question & { readonly id: number }) => {
  const { counters, settings, revoke } = account(question.account)
  if (question.ask === 'revoke') revoke()
  if (question.ask === 'settings') Object.assign(settings, question.settings)
  process.send?.({ id: question.id, port, counters: { ...counters } } satisfies Answer & { id: number })
})
process.once('disconnect', () => process.exit())
