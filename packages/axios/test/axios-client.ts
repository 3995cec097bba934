import { Readable } from 'node:stream'
import type { Strategy } from '@auth/core'
import type { Call, ClientUnderTest } from '@auth/testing'
import type { AxiosInstance, AxiosRequestConfig } from 'axios'
import axiosRetry from 'axios-retry'

interface Create {
  create(config: AxiosRequestConfig): AxiosInstance
}

/** An axios, as the contract suite calls it; `retryFirst`: axios-retry is installed before the authentication. */
export function axiosClient(
  axios: Create,
  withAuth: (instance: AxiosInstance, strategy: Strategy) => AxiosInstance,
  { retryFirst = false, adapter }: { retryFirst?: boolean; adapter?: 'fetch' } = {},
): ClientUnderTest {
  return {
    create(strategy, { baseUrl, retries = 0, timeout, also }) {
      const instance = axios.create({
        ...(adapter !== undefined && { adapter }),
        ...(baseUrl !== undefined && { baseURL: baseUrl }),
        ...(timeout !== undefined && { timeout }),
      })
      const addRetries = (): void => {
        if (retries > 0) axiosRetry(instance, { retries, retryDelay: () => 0 })
      }
      if (retryFirst) addRetries()
      withAuth(instance, strategy)
      if (also !== undefined) withAuth(instance, also)
      if (!retryFirst) addRetries()

      const config = ({ url, method, headers, body, json, signal, redirect, optOut }: Call): AxiosRequestConfig => ({
        url: url as string,
        method: method ?? 'GET',
        headers: { ...headers, ...(optOut && { Authorization: false }) },
        ...(body !== undefined && { data: isGenerator(body) || isWebStream(body) ? Readable.from(body) : body }),
        ...(json !== undefined && { data: json }),
        ...(signal !== undefined && { signal }),
        ...(redirect === 'manual' && { maxRedirects: 0 }),
        // The text, as the suite compares it.
        transformResponse: (data) => data,
      })
      const answer = async (settings: AxiosRequestConfig) => {
        const { status, data } = await instance.request(settings)
        return { status, body: String(data ?? '') }
      }
      const always = { validateStatus: null }
      return {
        // axios-retry acts on rejections only.
        send: async (call) =>
          retries === 0
            ? answer({ ...config(call), ...always })
            : answer(config(call)).catch((error) => {
                if (error.response === undefined) throw error
                return { status: error.response.status, body: String(error.response.data) }
              }),
        sendOrThrow: (call) => answer(config(call)),
        download: async (call) => (await instance.request({ ...config(call), responseType: 'stream' })).data,
      }
    },
    limits: {
      'endless-refusal': 'axios reads every answer to its end',
      'fresh-redirect': 'axios asks nobody who could wait between two hops',
    },
  }
}

const isGenerator = (body: unknown): body is AsyncGenerator<Uint8Array> =>
  typeof body === 'object' && body !== null && 'next' in body

const isWebStream = (body: unknown): body is ReadableStream<Uint8Array> => body instanceof ReadableStream
