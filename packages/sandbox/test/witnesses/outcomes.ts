/** A client of the sandbox, and what it is to do. */
export interface Job {
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly method: 'basic' | 'post'
  readonly scope?: string
  /** An API call with the token. */
  readonly call?: { readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** Files, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** Status of the API call (200 where there is none), or of the refused token request. */
export interface Outcome {
  readonly at: 'token' | 'api'
  readonly status: unknown
}

type Call = (call: NonNullable<Job['call']>) => Promise<number>

/** Reads jobs from the standard input, lets the client do them one after the other, and prints the outcomes. */
export async function outcomes(
  login: (job: Job) => Promise<Call>,
  statusOf: (error: object) => unknown,
): Promise<void> {
  let text = ''
  for await (const part of process.stdin.setEncoding('utf8')) text += part
  const done: Outcome[] = []
  for (const job of JSON.parse(text) as Job[]) {
    try {
      const call = await login(job)
      done.push({ at: 'api', status: job.call === undefined ? 200 : await call(job.call) })
    } catch (error) {
      done.push({ at: 'token', status: statusOf(error as object) ?? String(error) })
    }
  }
  process.stdout.write(JSON.stringify(done))
}
