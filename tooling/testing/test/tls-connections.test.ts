import https from 'node:https'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'
import { inspect } from 'node:util'
import { dispatcherFor, tlsAgent } from '@auth/core/node'
import { type CertificateAuthority, createCertificateAuthority, type Identity } from '@auth/sandbox/pki'
import { type TestServer, testServer } from '@auth/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

describe('connections that present an identity', () => {
  let authority: CertificateAuthority
  let identity: Identity
  let api: TestServer
  let elsewhere: TestServer

  beforeAll(async () => {
    authority = await createCertificateAuthority()
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), authority.certificate])
    identity = await authority.issueClient({ commonName: 'ours' })
    const server = await authority.issueServer()
    api = await testServer(server, authority.certificate)
    elsewhere = await testServer(server, authority.certificate)
  })
  beforeEach(() => {
    api.clear()
    elsewhere.clear()
  })
  afterAll(() => Promise.all([api.close(), elsewhere.close()]))

  const get = (url: string, agent: https.Agent): Promise<string> =>
    new Promise((resolve, reject) => {
      https.get(url, { agent }, (response) => resolve(text(response))).on('error', reject)
    })

  test('tlsAgent presents the identity to its origin, and to no other', async () => {
    const agent = tlsAgent(identity, api.origin)
    await get(api.origin, agent)
    await get(elsewhere.origin, agent)
    await get(api.origin.replace('127.0.0.1', 'localhost'), agent)
    expect(api.received.map(({ certificate }) => certificate)).toEqual(['ours', undefined])
    expect(elsewhere.received.map(({ certificate }) => certificate)).toEqual([undefined])
  })

  test('dispatcherFor presents the identity to its origin, and to no other', async () => {
    const options = await dispatcherFor(() => import('undici'))(identity, api.origin)
    for (const url of [api.origin, elsewhere.origin, api.origin.replace('127.0.0.1', 'localhost')]) {
      await (await fetch(url, options)).text()
    }
    expect(api.received.map(({ certificate }) => certificate)).toEqual(['ours', undefined])
    expect(elsewhere.received.map(({ certificate }) => certificate)).toEqual([undefined])
  })

  test('tlsAgent is the same for the same identity and origin, and another otherwise', () => {
    const agent = tlsAgent(identity, api.origin)
    expect(tlsAgent(identity, api.origin)).toBe(agent)
    expect(tlsAgent(identity, elsewhere.origin)).not.toBe(agent)
    expect(tlsAgent({ ...identity }, api.origin)).not.toBe(agent)
  })

  test('tlsAgent keeps its connection', async () => {
    const before = api.connections
    const agent = tlsAgent({ ...identity }, api.origin)
    for (let i = 0; i < 5; i++) await get(api.origin, agent)
    expect(api.connections - before).toBe(1)
  })

  test('tlsAgent shows neither the private key nor what its sockets are sending', async () => {
    const agent = tlsAgent(identity, api.origin)
    await get(api.origin, agent)
    const shown = inspect({ agent }, { depth: 10, showHidden: true })
    expect(shown).not.toContain(identity.key.split('\n')[1])
    expect(shown).toContain(`Agent { ${api.origin} }`)
  })
})
