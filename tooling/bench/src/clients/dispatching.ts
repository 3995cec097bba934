import { Agent } from 'undici'
import type { Tls } from './client.ts'

/** What fetch, and ky, which hands it on, take to present an identity. Node's own types are of another undici. */
export const dispatching = (tls: Tls | undefined): object | undefined =>
  tls && { dispatcher: new Agent({ connect: tls }) }
