import { inspect } from 'node:util'
import { expect } from 'vitest'

/** Asserts that none of the secrets can be read from an error, in any of the ways errors end up in logs. */
export function expectClean(error: unknown, secrets: readonly string[]): void {
  for (const [way, text] of Object.entries(textsOf(error))) {
    for (const secret of secrets) {
      const at = text.indexOf(secret)
      expect(at, `${way} shows the secret: …${text.slice(Math.max(0, at - 200), at)}<here>`).toBe(-1)
    }
  }
}

function textsOf(error: unknown): Record<string, string> {
  const texts: Record<string, string> = { String: String(error) }
  // Clients hide these two from inspection; code that handles the error prints them by themselves.
  const { request, response } = (error ?? {}) as { request?: unknown; response?: unknown }
  for (const [name, part] of Object.entries({ error, request, response })) {
    texts[`inspect of the ${name}`] = inspect(part, { depth: 10, maxArrayLength: null, maxStringLength: null })
    texts[`JSON of the ${name}`] = json(part)
  }
  let level = 0
  for (let cause = error; cause instanceof Error && level < 10; cause = cause.cause) {
    texts[`message of cause ${level}`] = cause.message
    texts[`stack of cause ${level}`] = cause.stack ?? ''
    texts[`JSON of cause ${level}`] = json(cause)
    level += 1
  }
  return texts
}

function json(value: unknown): string {
  const seen = new Set<unknown>()
  try {
    return (
      JSON.stringify(value, (_, item: unknown) => {
        if (typeof item === 'object' && item !== null) {
          if (seen.has(item)) return undefined
          seen.add(item)
        }
        return item
      }) ?? ''
    )
  } catch {
    return ''
  }
}
