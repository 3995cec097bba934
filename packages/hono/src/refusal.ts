import { type Refused, refusalResponse } from '@auth/core/verify'
import type { Context } from 'hono'

/** Answers a refused request; headers that were set before stay. */
export function answer(c: Context, refused: Refused): Response {
  const { status, headers, body } = refusalResponse(refused)
  return c.body(JSON.stringify(body), status, headers as Record<string, string | string[]>)
}
