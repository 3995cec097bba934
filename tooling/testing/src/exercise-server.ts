import type { CertificateAuthority } from '@auth/sandbox/pki'
import { type Received, type Reply, type TestServer, testServer } from './server.ts'

/**
 * The two servers that `exercise` calls; `files` are served as well, by path, and `onFindings` is given what is posted to
 * `/findings`.
 */
export async function exerciseServers(
  authority: CertificateAuthority,
  files: Readonly<Record<string, Reply>> = {},
  onFindings?: (findings: string) => void,
): Promise<{ api: TestServer; elsewhere: TestServer; close(): Promise<unknown> }> {
  const identity = await authority.issueServer()
  const [api, elsewhere] = await Promise.all([
    testServer(identity, authority.certificate),
    testServer(identity, authority.certificate),
  ])
  api.onRequest((request) => {
    const path = request.path.split('?')[0] as string
    if (path === '/redirect') return { status: 302, headers: { location: '/echo' } }
    if (path === '/redirect-elsewhere') return { status: 302, headers: { location: `${elsewhere.origin}/echo` } }
    if (path === '/second-token-only' && request.headers.authorization !== 'Bearer second-token') return { status: 401 }
    if (path === '/form') return replayedForm(api.received.filter((received) => received.path === path))
    if (path === '/findings') onFindings?.(request.body.toString())
    return files[path] ?? echo(request)
  })
  elsewhere.onRequest((request) => {
    const reply = echo(request)
    return { ...reply, headers: { ...reply.headers, 'access-control-allow-origin': '*' } }
  })
  return { api, elsewhere, close: () => Promise.all([api.close(), elsewhere.close()]) }
}

/** Refuses a form at first, and echoes the fields of its replay, if that had the same bytes. */
async function replayedForm([first, second]: readonly Received[]): Promise<Reply> {
  if (first === undefined || second === undefined) return { status: 401 }
  const type = second.headers['content-type'] ?? ''
  if (type !== first.headers['content-type'] || !second.body.equals(first.body)) return { status: 400 }
  const form = await new Response(second.body, { headers: { 'content-type': type } }).formData()
  const fields = [...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.name])
  return echo({ ...second, body: Buffer.from(JSON.stringify(fields)) })
}

function echo({ method, path, headers, body }: Received): Reply {
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      method,
      path,
      authorization: headers.authorization,
      key: headers['x-api-key'],
      body: `${body}`,
    }),
  }
}
