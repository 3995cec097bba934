import { ConfigurationError } from '@auth/core'

// What the page may do to a sandbox; all else of the control interface stays where it is.
const READS = /^carriers(?:\/[a-z0-9-]+(?:\/requests)?)?$/
const CHANGES = /^(?:carriers\/[a-z0-9-]+\/(?:revoke|rotate|lock|unlock|clear|fault)|clock)$/

/** A running sandbox, steered from the page. */
export interface SandboxLink {
  call(method: string, path: string, body?: unknown): Promise<{ status: number; json: object }>
}

/** @throws ConfigurationError for an address that is not http on loopback: credentials of tests are shown there. */
export function sandboxLink(address: string): SandboxLink {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url?.protocol !== 'http:' || !/^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname)) {
    throw new ConfigurationError('sandbox', 'must be the http: address of a control interface on loopback')
  }
  return {
    async call(method, path, body) {
      const allowed = method === 'GET' ? READS.test(path) : method === 'POST' && CHANGES.test(path)
      if (!allowed) return { status: 404, json: { detail: 'there is nothing here' } }
      const response = await fetch(new URL(path, url), {
        method,
        signal: AbortSignal.timeout(5000),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const json = response.status === 204 ? {} : ((await response.json()) as object)
      return { status: response.ok ? 200 : response.status, json: withoutSecrets(json) }
    },
  }
}

/** The page shows no credentials, not even those of tests. */
function withoutSecrets(json: object): object {
  const { credentials: _, ...rest } = json as Record<string, unknown>
  return rest
}
