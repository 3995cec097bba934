const warned = new Set<string>()

/**
 * Warns once per strategy where a page runs it: whoever opens the page has the credentials, too. Sendcloud's document
 * says so of its private keys, and it is no less true of the others.
 *
 * @see https://sendcloud.dev/docs/getting-started/authentication
 */
export function warnInBrowser(id: string): void {
  if (!('window' in globalThis) || !('document' in globalThis) || warned.has(id)) return
  warned.add(id)
  // biome-ignore lint/suspicious/noConsole: a page has no other place that its developer looks at
  console.warn(
    `[@auth/core] ${id}: credentials of a carrier do not belong in a browser; call the carrier from a server`,
  )
}
