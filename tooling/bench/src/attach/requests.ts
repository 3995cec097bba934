import type { AuthRequest } from '@auth/core'
import { API } from '../keepers/keeper.ts'

/** A ring of requests: no two in a row share an object or a string, as no two do in a service. */
export function requests(count = 256): () => AuthRequest {
  const ring = Array.from({ length: count }, (_, i) => ({
    url: Buffer.from(`${API}/shipments/${i}/label?format=pdf`).toString(),
    method: i % 4 === 0 ? 'POST' : 'GET',
    headers: { accept: 'application/json', 'content-type': 'application/json', 'x-request-id': `${i}` },
  }))
  let next = 0
  return () => ring[next++ % count] as AuthRequest
}
