/** A part of the echo and parcel routes of the sandbox's machine-to-machine API, as an OpenAPI document. */
export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Parcels', version: '1' },
  paths: {
    '/v1/shipments': {
      get: {
        operationId: 'listShipments',
        responses: {
          200: {
            description: 'All shipments',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['shipments'],
                  properties: { shipments: { type: 'array', items: { type: 'object' } } },
                },
              },
            },
          },
        },
      },
    },
    '/echo': {
      post: {
        operationId: 'echo',
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { type: 'object', required: ['parcel'], properties: { parcel: { type: 'string' } } },
            },
          },
        },
        responses: {
          200: {
            description: 'The body as it came',
            content: { 'application/json': { schema: { type: 'object', properties: { parcel: { type: 'string' } } } } },
          },
        },
      },
    },
  },
} as const
