import { FAULTS } from '../fault-catalog.ts'
import { ACTIONS } from './steering.ts'

const PROBLEM = {
  description: 'What is wrong, in words.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const answer = (description: string, schema: object, type = 'application/json') => ({
  description,
  content: { [type]: { schema } },
})
const PEM = { type: 'string', description: 'PEM text' }
const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' }, example: 'posti' }
const CREDENTIALS = {
  type: 'object',
  required: ['credentials'],
  properties: { credentials: { type: 'object', description: "As the carrier's factory takes them." } },
}
const ACCOUNT = {
  type: 'object',
  properties: {
    account: { type: 'string', description: 'User name, client id or public key. Default: the first account.' },
  },
}

/** JSON schemas of the bodies, for the actions whose body is more than an account. */
const BODIES: Readonly<Record<string, object>> = {
  clear: { type: 'object' },
  accounts: { type: 'object', description: "The carrier's own settings." },
  settings: { type: 'object', description: "The carrier's own settings, and `account`.", additionalProperties: true },
  webhook: {
    type: 'object',
    required: ['url', 'event'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', format: 'uri' },
      event: { description: 'Sent as JSON.' },
      forged: { type: 'boolean', description: 'Signs with a wrong secret. Default false.' },
    },
  },
  fault: {
    type: 'object',
    required: ['endpoint', 'fault'],
    additionalProperties: false,
    properties: {
      endpoint: { enum: ['token', 'api'] },
      fault: { enum: Object.keys(FAULTS) },
      times: { type: 'integer', minimum: 1, description: 'How many requests fail. Default: all, until `clear`.' },
      retryAfter: { type: 'integer', minimum: 0, description: 'Seconds, for `throttled`. Default 60.' },
    },
  },
}
const RECEIVED = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'integer', description: 'What the receiver answered.' } },
}
const ANSWERS_CREDENTIALS = ['rotate', 'accounts']

/** OpenAPI 3.1 of the control interface, served by itself. */
export function openApi(server: string): object {
  const actions = Object.entries(ACTIONS).map(([name, { summary }]) => [
    `/carriers/{id}/${name}`,
    {
      post: {
        operationId: name,
        summary,
        parameters: [ID],
        requestBody: {
          required: name === 'fault' || name === 'webhook',
          content: { 'application/json': { schema: BODIES[name] ?? ACCOUNT } },
        },
        responses: {
          ...(name === 'webhook'
            ? { '200': answer('The event was delivered.', RECEIVED), '502': PROBLEM }
            : ANSWERS_CREDENTIALS.includes(name)
              ? { '200': answer('The credentials.', CREDENTIALS) }
              : { '204': { description: 'Done.' } }),
          '400': PROBLEM,
          '403': PROBLEM,
          '404': PROBLEM,
          '413': PROBLEM,
        },
      },
    },
  ])
  const get = (operationId: string, summary: string, ok: object, parameters: readonly object[] = []) => ({
    get: { operationId, summary, parameters, responses: { '200': ok, '403': PROBLEM, '404': PROBLEM } },
  })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Carrier sandbox',
      version: '1',
      description: 'Steers the carriers of a running sandbox. For tests: it shows credentials to everyone who asks.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: server }],
    paths: {
      '/carriers': get('listCarriers', 'The running carriers.', answer('The carriers.', ref('Carriers'))),
      '/carriers/{id}': get(
        'getCarrier',
        'Credentials, options and counters.',
        answer('The carrier.', ref('Carrier')),
        [ID],
      ),
      '/carriers/{id}/requests': get(
        'listRequests',
        'The last 1000 requests, with a fingerprint in the place of each secret.',
        answer('The requests.', ref('Requests')),
        [ID],
      ),
      ...Object.fromEntries(actions),
      '/carriers/{id}/csr': {
        post: {
          operationId: 'csr',
          summary: "The carrier's portal: signs a certificate signing request.",
          parameters: [ID],
          requestBody: { required: true, content: { 'application/x-pem-file': { schema: PEM } } },
          responses: {
            '200': answer('The certificate.', PEM, 'application/x-pem-file'),
            '400': PROBLEM,
            '403': PROBLEM,
            '404': PROBLEM,
            '413': PROBLEM,
          },
        },
      },
      '/clock': {
        ...get('getClock', "The sandbox's time.", answer('Epoch ms.', ref('Clock'))),
        post: {
          operationId: 'advanceClock',
          summary: "Moves the sandbox's clock on. TLS goes by the machine's clock.",
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['advance'],
                  additionalProperties: false,
                  properties: { advance: { type: 'number', exclusiveMinimum: 0, description: 'ms' } },
                },
              },
            },
          },
          responses: { '200': answer('Epoch ms.', ref('Clock')), '400': PROBLEM, '403': PROBLEM, '413': PROBLEM },
        },
      },
      '/ca.pem': get('getCa', 'Trust anchor of every certificate here.', answer('PEM.', PEM, 'application/x-pem-file')),
      '/openapi.json': get('getOpenApi', 'This document.', answer('OpenAPI 3.1.', { type: 'object' })),
    },
    components: {
      schemas: {
        Problem: {
          type: 'object',
          required: ['title', 'status', 'detail'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
          },
        },
        Counters: {
          type: 'object',
          properties: Object.fromEntries(
            ['tokenRequests', 'tokenFailures', 'apiCalls', 'apiRejections'].map((name) => [name, { type: 'integer' }]),
          ),
        },
        Carriers: {
          type: 'object',
          required: ['carriers'],
          properties: {
            carriers: {
              type: 'array',
              items: {
                type: 'object',
                required: ['id', 'baseUrl', 'counters'],
                properties: { id: { type: 'string' }, baseUrl: { type: 'string' }, counters: ref('Counters') },
              },
            },
          },
        },
        Carrier: {
          type: 'object',
          required: ['id', 'credentials', 'options', 'baseUrl', 'counters'],
          properties: {
            id: { type: 'string' },
            credentials: { type: 'object', description: "As the carrier's factory takes them." },
            options: { type: 'object', description: "As the carrier's factory takes them." },
            baseUrl: { type: 'string' },
            counters: ref('Counters'),
          },
        },
        Requests: {
          type: 'object',
          required: ['requests'],
          properties: {
            requests: {
              type: 'array',
              items: {
                type: 'object',
                required: ['at', 'endpoint', 'method', 'url', 'headers', 'body'],
                properties: {
                  at: { type: 'integer', description: 'Epoch ms' },
                  endpoint: { enum: ['token', 'api'] },
                  method: { type: 'string' },
                  url: { type: 'string', description: 'Path and query' },
                  headers: { type: 'object' },
                  body: { type: ['string', 'null'] },
                  clientCertificate: { type: ['string', 'null'], description: 'Common name' },
                },
              },
            },
          },
        },
        Clock: { type: 'object', required: ['now'], properties: { now: { type: 'number' } } },
      },
    },
  }
}
