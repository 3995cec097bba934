/** Members that every event has, and that start its line. */
interface Line {
  readonly type: string
  readonly id: string
  readonly at: number
}

/**
 * Prints events, each on a line of its own, where the environment variable `AUTH_DEBUG` is set to anything but the empty
 * string, `0` or `false`. Events hold no secrets, so neither do the lines.
 */
export function debugListener(): ((event: Line) => void) | undefined {
  if (['', '0', 'false'].includes(variable('AUTH_DEBUG') ?? '')) return undefined
  return ({ type, id, at, ...fields }) => {
    const rest = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      // As JSON: a line break in a message must not start a line of its own.
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    // biome-ignore lint/suspicious/noConsole: it is what the variable asks for, and goes to stderr on every runtime
    console.error(['[auth]', new Date(at).toISOString(), oneLine(id), type, ...rest].join(' '))
  }
}

function oneLine(text: string): string {
  return /^[\x21-\x7e]+$/.test(text) ? text : JSON.stringify(text)
}

function variable(name: string): string | undefined {
  try {
    return globalThis.process?.env?.[name]
  } catch {
    // Deno asks for a permission.
    return undefined
  }
}
