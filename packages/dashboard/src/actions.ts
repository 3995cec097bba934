import type { IncomingMessage } from 'node:http'
import type { Strategy } from '@auth/core'

/** What a person may do to an account. */
const ACTIONS = {
  /** Forgets the token and asks for another. */
  async refresh(strategy: Strategy): Promise<void> {
    await strategy.reset()
    await strategy.ready()
  },
  /** Forgets token and remembered rejection. */
  reset: (strategy: Strategy) => strategy.reset(),
  /** Fetches what is needed for a first call. */
  ready: (strategy: Strategy) => strategy.ready(),
} as const

export interface ActionResult {
  readonly status: number
  readonly detail: string
}

/** Does what the body asks for: `{ action, index, id }`. The id has to fit: the list may have changed meanwhile. */
export async function act(body: unknown, strategies: readonly Strategy[]): Promise<ActionResult> {
  const { action, index, id } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  if (typeof action !== 'string' || !Object.hasOwn(ACTIONS, action)) {
    return { status: 400, detail: `action: must be one of ${Object.keys(ACTIONS).join(', ')}` }
  }
  const strategy = Number.isInteger(index) ? strategies[index as number] : undefined
  if (strategy === undefined || strategy.id !== id) return { status: 404, detail: 'there is no such account' }
  try {
    await ACTIONS[action as keyof typeof ACTIONS](strategy)
    return { status: 200, detail: 'done' }
  } catch (error) {
    // Errors of @auth/core hold no secret; of others only the name is told.
    const code: unknown = (error as { code?: unknown } | null)?.code
    const told = error instanceof Error && typeof code === 'string' && code.startsWith('ERR_AUTH_')
    return { status: 502, detail: told ? error.message : 'it failed; see the log of the application' }
  }
}

const MOST_BYTES = 16 * 1024

/** The body as JSON; `undefined` for what is none, or too large. A body that was parsed already is taken as it is. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const parsed: unknown = Reflect.get(request, 'body')
  if (request.readableEnded || parsed !== undefined) return parsed
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > MOST_BYTES) return undefined
  }
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
