import { createCertificateAuthority } from '@auth/sandbox/pki'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type TestServer, testServer } from './server.ts'

export interface TlsServers {
  readonly authority: Awaited<ReturnType<typeof createCertificateAuthority>>
  readonly api: TestServer
  /** Another origin, trusted by the same authority. */
  readonly elsewhere: TestServer
}

/** Two servers over TLS that ask for a client certificate, for the tests of a file; each test finds them unused. */
export function tlsServers(): TlsServers {
  const servers = {} as { -readonly [Name in keyof TlsServers]: TlsServers[Name] }
  beforeAll(async () => {
    servers.authority = await createCertificateAuthority()
    const identity = await servers.authority.issueServer()
    servers.api = await testServer(identity, servers.authority.certificate)
    servers.elsewhere = await testServer(identity, servers.authority.certificate)
  })
  beforeEach(() => {
    servers.api.clear()
    servers.elsewhere.clear()
  })
  afterAll(() => Promise.all([servers.api.close(), servers.elsewhere.close()]))
  return servers
}
