import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { format, type InspectOptions, inspect } from 'node:util'
import { expect } from 'vitest'

const FULL: InspectOptions = { depth: 20, maxArrayLength: null, maxStringLength: null }

const WAYS: Readonly<Record<string, (value: unknown) => string>> = {
  '%o': (value) => format('%o', value),
  '%O %s %j': (value) => format('%O %s %j', value, value, value),
  inspect: (value) => inspect(value, FULL),
  showHidden: (value) => inspect(value, { ...FULL, showHidden: true }),
  'customInspect: false': (value) => inspect(value, { ...FULL, showHidden: true, customInspect: false }),
  showProxy: (value) => inspect(value, { ...FULL, showHidden: true, showProxy: true, customInspect: false }),
  getters: (value) => inspect(value, { ...FULL, getters: true }),
  'console.dir': (value) => dir(value),
  'JSON.stringify': (value) => String(JSON.stringify(value)),
  toJSON: (value) => inspect((value as { toJSON?(): unknown }).toJSON?.(), FULL),
  structuredClone: (value) => inspect(structuredClone(value), { ...FULL, showHidden: true }),
  'a spread copy': (value) => inspect({ ...(value as object) }, { ...FULL, showHidden: true, customInspect: false }),
}

/** Asserts that none of the secrets is shown by an error or what it leads to, in any way of printing or copying. */
export function expectUnprintable(error: unknown, secrets: readonly string[]): void {
  const { request, response, cause, config, options } = error as Record<string, unknown>
  for (const [part, value] of Object.entries({ error, request, response, cause, config, options })) {
    if (typeof value !== 'object' || value === null) continue
    for (const [way, print] of Object.entries(WAYS)) {
      const text = printed(print, value)
      for (const secret of secrets) {
        const at = text.indexOf(secret)
        const around = text.slice(Math.max(0, at - 300), at)
        expect(at, `${way} of the ${part} shows a secret: …${around}<here>`).toBe(-1)
      }
    }
  }
}

/** What cannot be copied or written as JSON shows nothing. */
function printed(print: (value: unknown) => string, value: unknown): string {
  try {
    return print(value)
  } catch {
    return ''
  }
}

function dir(value: unknown): string {
  let text = ''
  const stdout = new Writable({
    write(chunk, _, done) {
      text += chunk
      done()
    },
  })
  new Console({ stdout }).dir(value, { depth: 20, showHidden: true })
  return text
}
