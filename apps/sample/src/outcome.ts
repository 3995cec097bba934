import type { Call } from './clients.ts'

/** What came of a call. */
export interface Outcome {
  /** A status, `TLS` when the connection was refused, `rejected` when the token endpoint refused the credentials. */
  readonly result: string
  /** What else there is to say when it was not what was expected. */
  readonly detail: string
}

const CONNECTION = /^(ERR_SSL_|ECONNRESET$|EPIPE$|UND_ERR_SOCKET$|ERR_TLS_)/

/** Makes the call and never throws. */
export async function outcomeOf(call: Call, url: string): Promise<Outcome> {
  try {
    const { status, body } = await call(url)
    return { result: String(status), detail: body.slice(0, 200) }
  } catch (error) {
    const codes = codesOf(error)
    const detail = `${error instanceof Error ? error.message : error} (${codes.join(', ')})`
    if (codes.includes('ERR_AUTH_CREDENTIALS_REJECTED')) return { result: 'rejected', detail }
    return { result: codes.some((code) => CONNECTION.test(code)) ? 'TLS' : 'error', detail }
  }
}

/** The codes of an error and of its causes, as far as they have any: clients wrap what Node says, each in its way. */
function codesOf(error: unknown): string[] {
  const codes: string[] = []
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if ('code' in cause && typeof cause.code === 'string') codes.push(cause.code)
  }
  return codes
}
