import {
  allOf,
  anyOf,
  apiKey,
  basic,
  bearer,
  clientCertificate,
  describePolicy,
  hashApiKey,
  type Policy,
  sendcloudSignature,
  signature,
} from '@auth/core/verify'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'

const key = (header: string, name?: string): Policy =>
  apiKey({ header, keys: [{ id: header, hash: hashApiKey(header) }], ...(name !== undefined && { name }) })
const tokens = bearer(() => undefined)
const passwords = basic({ verify: () => undefined })
const certificate = clientCertificate()

async function described(policy: Policy) {
  const { securitySchemes, security } = describePolicy(policy)
  const document = {
    openapi: '3.1.0',
    info: { title: 'Labels', version: '1' },
    paths: { '/': { get: { responses: { 200: { description: 'ok' } } } } },
    components: { securitySchemes },
    security,
  }
  expect(await new Validator().validate(document)).toMatchObject({ valid: true })
  return { securitySchemes, security }
}

test('each scheme in the words of OpenAPI', async () => {
  const hooks = signature({ ...sendcloudSignature, secrets: 'x', party: 'sendcloud' })
  const { securitySchemes } = await described(anyOf(key('x-api-key'), tokens, passwords, certificate, hooks))
  expect(securitySchemes).toEqual({
    apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    bearer: { type: 'http', scheme: 'bearer' },
    basic: { type: 'http', scheme: 'basic' },
    clientCertificate: { type: 'mutualTLS' },
    signature: {
      type: 'apiKey',
      in: 'header',
      name: 'sendcloud-signature',
      description: 'HMAC-SHA256 (hex) over the raw body',
    },
  })
})

test('allOf is one object, anyOf several, and nesting is multiplied out', async () => {
  expect((await described(allOf(certificate, tokens))).security).toEqual([{ clientCertificate: [], bearer: [] }])
  expect((await described(anyOf(certificate, tokens))).security).toEqual([{ clientCertificate: [] }, { bearer: [] }])
  const nested = allOf(anyOf(key('x-a', 'a'), key('x-b', 'b')), anyOf(tokens, allOf(certificate, passwords)))
  expect((await described(nested)).security).toEqual([
    { a: [], bearer: [] },
    { a: [], clientCertificate: [], basic: [] },
    { b: [], bearer: [] },
    { b: [], clientCertificate: [], basic: [] },
  ])
  expect((await described(anyOf(tokens, tokens))).security).toEqual([{ bearer: [] }])
})

test('two keys of one name and different headers are two schemes', async () => {
  const { securitySchemes, security } = await described(allOf(key('x-a'), key('x-b')))
  expect(Object.keys(securitySchemes)).toEqual(['apiKey', 'apiKey2'])
  expect(security).toEqual([{ apiKey: [], apiKey2: [] }])
})

test('what it cannot describe is refused, and never looks like an open route', () => {
  const own: Policy = { layers: ['own'], decide: () => ({ outcome: 'missing', reports: [], challenges: [] }) }
  expect(() => describePolicy(own)).toThrow(expect.objectContaining({ option: 'policy' }))
  expect(() => describePolicy(allOf(tokens, own))).toThrow(/own has no `shape`/)
  expect(() => describePolicy({} as never)).toThrow(expect.objectContaining({ option: 'policy' }))
})
