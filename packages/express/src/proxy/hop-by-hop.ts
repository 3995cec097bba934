// The fields that concern one connection (RFC 9110 section 7.6.1), and those that delimit a message or name its host.
// They are never copied: framing and Host are set afresh on either side.
const HOP_BY_HOP = [
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** A field's name as servers compare it: many read `_` as `-`. */
export const canonical = (name: string): string => name.toLowerCase().replaceAll('_', '-')

/** The names of the fields that end at this hop, those that `Connection` lists included. */
export function hopByHop(connection: string | undefined): ReadonlySet<string> {
  const named = connection?.split(',').map((name) => canonical(name.trim())) ?? []
  return new Set([...HOP_BY_HOP, ...named])
}
