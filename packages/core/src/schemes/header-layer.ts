import type { Credentials, Layer } from '../layer.ts'
import { type MaybePromise, when } from '../lib/maybe-promise.ts'

/** The name in lower case; `undefined` where no header can be called so (RFC 9110 section 5.1). */
export function headerName(name: unknown): string | undefined {
  return typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) ? name.toLowerCase() : undefined
}

/** A layer that sets one header to the current value; a 401 for a value that is no longer current is recovered. */
export function headerLayer(scheme: string, header: string, current: () => MaybePromise<string>): Layer {
  let last: { value: string; credentials: Credentials } | undefined
  const credentials = (value: string): Credentials => {
    if (last?.value !== value)
      last = { value, credentials: Object.freeze({ headers: Object.freeze({ [header]: value }) }) }
    return last.credentials
  }
  return {
    scheme,
    header,
    authorize() {
      return when(current(), credentials)
    },
    async recover(sent) {
      const rejected = sent.headers[header]
      return rejected !== undefined && rejected !== (await current())
    },
  }
}
