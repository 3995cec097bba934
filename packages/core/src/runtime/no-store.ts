let known: { readonly cache?: 'no-store' } | undefined

/**
 * The part of a `fetch` init that keeps an answer out of every cache: frameworks that patch the global fetch (Next.js)
 * keep answers even of POST. Empty where the runtime refuses the option, as older Workers do.
 */
export function noStore(): { readonly cache?: 'no-store' } {
  if (known === undefined) {
    try {
      new Request('https://runtime.invalid', { cache: 'no-store' })
      known = { cache: 'no-store' }
    } catch {
      known = {}
    }
  }
  return known
}
