import type { Credentials, Layer } from '../layer.ts'
import { type MaybePromise, when } from '../lib/maybe-promise.ts'

/** A layer that sets one header to the current value; a refusal of a value that is no longer current is recovered. */
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
      const refused = sent.headers[header]
      return refused !== undefined && refused !== (await current())
    },
  }
}
