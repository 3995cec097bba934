import { createRequire } from 'node:module'
import { apiKey } from '@auth/core'
import newest, { type AxiosStatic, type InternalAxiosRequestConfig } from 'axios'
import oldest from 'axios-oldest'
import { describe, expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'
import { accepting, loopback, ok } from './loopback.ts'
import { countingBearer, strategyFor } from './strategies.ts'

// The types of the oldest are another release's.
describe.each<[string, AxiosStatic]>([
  ['axios', newest],
  ['axios by require', createRequire(import.meta.url)('axios') as AxiosStatic],
  ['the oldest axios', oldest as unknown as AxiosStatic],
])('a form by %s', (_name, axios) => {
  const form = (): FormData => {
    const made = new FormData()
    made.append('name', 'ä')
    made.append('label', new File(['%PDF'], 'label.pdf'))
    return made
  }
  const boundaryOf = (type: unknown): string => String(type).match(/^multipart\/form-data; boundary=(.+)$/)?.[1] ?? ''

  test('arrives as axios itself would send it', async () => {
    const server = await loopback(ok)
    const instance = withAuth(axios.create(), strategyFor(server.origin, apiKey('x-api-key', 'key')))
    for (const client of [axios, instance]) await client.post(server.origin, form())
    const [theirs, ours] = server.arrivals.map(({ headers, body }) => {
      const boundary = boundaryOf(headers['content-type'])
      return [Number(headers['content-length']) - body.length, body.replaceAll(boundary, '<boundary>')]
    })
    expect(ours).toEqual(theirs)
  })

  test('keeps the boundary that the caller chose', async () => {
    const server = await loopback(accepting('Bearer secret-token-2'))
    const instance = withAuth(axios.create(), strategyFor(server.origin, countingBearer()))
    const headers = { 'Content-Type': 'multipart/form-data; boundary=chosen-by-the-caller' }
    await instance.post(server.origin, form(), { headers })
    expect(server.arrivals.map((arrival) => boundaryOf(arrival.headers['content-type']))).toEqual([
      'chosen-by-the-caller',
      'chosen-by-the-caller',
    ])
  })

  test('is replayed in the same bytes with another strategy on the instance, before or after', async () => {
    for (const first of [true, false]) {
      const server = await loopback(accepting('Bearer secret-token-2'))
      const other = strategyFor('https://other.example', apiKey('x-api-key', 'key'))
      const ours = strategyFor(server.origin, countingBearer())
      const instance = axios.create()
      for (const strategy of first ? [ours, other] : [other, ours]) withAuth(instance, strategy)
      await instance.postForm(server.origin, form())
      const [refused, accepted] = server.arrivals
      expect(accepted?.headers['content-type']).toBe(refused?.headers['content-type'])
      expect(accepted?.body).toBe(refused?.body)
      expect(accepted?.body).toContain('filename="label.pdf"')
    }
  })

  test('is left to an adapter function of the user, which encodes it in its own way', async () => {
    const types: string[] = []
    const adapter = async (config: InternalAxiosRequestConfig) => {
      types.push(String(config.headers.getContentType()))
      return { data: '', status: 200, statusText: 'OK', headers: {}, config }
    }
    const instance = withAuth(axios.create({ adapter }), strategyFor('https://a.example', apiKey('x-api-key', 'key')))
    await instance.post('https://a.example/', form())
    expect(types[0]).not.toContain('boundary')
  })
})
