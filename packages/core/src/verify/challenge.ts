/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.3). */
export interface Challenge {
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Writes a challenge; every value is a quoted-string (RFC 9110 section 5.6.4) of printable ASCII. */
export function formatChallenge({ scheme, parameters }: Challenge): string {
  const written = Object.entries(parameters).map(([name, value]) => `${name}=${quoted(value)}`)
  return written.length === 0 ? scheme : `${scheme} ${written.join(', ')}`
}

function quoted(value: string): string {
  return `"${value.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
