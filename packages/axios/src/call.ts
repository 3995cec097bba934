import type { AuthRequest } from '@auth/core'
import type { InternalAxiosRequestConfig } from 'axios'
import type { FixedData } from './fixed-data.ts'
import type { Transport } from './transport.ts'

/** A request of the caller's, whose signal, cancel token and timeout also cover the wait for credentials. */
export interface Call {
  readonly config: InternalAxiosRequestConfig
  readonly request: AuthRequest
  readonly transport: Transport
  readonly body: FixedData
  /** ms on the monotonic clock. */
  readonly start: number
  /** Whether credentials had to be waited for. */
  waited: boolean
}
