import { axiosClient } from './axios.ts'
import type { Client } from './client.ts'
import { fetchClient } from './fetch.ts'
import { gotClient } from './got.ts'
import { kyClient } from './ky.ts'

export const clients: readonly Client[] = [axiosClient, gotClient, kyClient, fetchClient]
