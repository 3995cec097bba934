import { type Attack, base64url, bearerToken, forge, validClaims } from './forge.ts'

const good = forge()
const [header, payload, signature] = good.split('.') as [string, string, string]
const swap = (text: string, at: number, by: string): string => text.slice(0, at) + by + text.slice(at + 1)

/** Another spelling of the same bytes: the last character carries bits that decoders ignore. */
function unusedBits(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) as string) + 1]
}
/** A payload whose length leaves unused bits in its last character. */
const uneven = (text: string): string => text + ' '.repeat((3 - ((Buffer.byteLength(text) - 2) % 3)) % 3)

export const structure: Attack[] = [
  ['no segment', 'token'],
  ['one empty segment', '.'],
  ['two segments', `${header}.${payload}`],
  ['two segments and a dot', `${header}.${payload}.`],
  ['four segments', `${good}.${signature}`],
  ['five segments, as a JWE has', `${header}.${payload}.${signature}.${payload}.${signature}`],
  ['six segments', `${good}.${good}`],
  ['empty segments only', '..'],
  ['an empty header', `.${payload}.${signature}`],
  ['an empty payload', `${header}..${signature}`],
  ['a leading dot', `.${good}`],
  ['a trailing dot', `${good}.`],
  ['a double dot', `${header}..${payload}.${signature}`],
  ['percent-encoded NUL at the end', `${good}%00`],
  ['percent-encoded dots', `${header}%2E${payload}%2E${signature}`],
  ['JSON serialisation', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
  ['flattened JSON serialisation', JSON.stringify({ payload, protected: header, signature })],
  ['a quoted token', `"${good}"`],
  ['payload and signature swapped', `${header}.${signature}.${payload}`],
  ['the signature of another token', `${header}.${payload}.${forge({ claims: { sub: 'other' } }).split('.')[2]}`],
  ['a changed header', `${base64url('{"alg":"RS256","kid":"rsa","typ":"JWT"}')}.${payload}.${signature}`],
  ['a changed payload', `${header}.${base64url(JSON.stringify({ ...validClaims(), sub: 'root' }))}.${signature}`],
  ['a signature of zeros', `${header}.${payload}.${base64url(Buffer.alloc(256))}`],
  ['a signature of ones', `${header}.${payload}.${base64url(Buffer.alloc(256, 255))}`],
  ['a truncated signature', `${header}.${payload}.${signature.slice(0, -4)}`],
  ['an extended signature', `${header}.${payload}.${signature}AAAA`],
  [
    'one changed bit in the signature',
    `${header}.${payload}.${swap(signature, 20, signature[20] === 'A' ? 'B' : 'A')}`,
  ],
].map(([name, token]) => bearerToken(`structure: ${name}`, token as string))

const standard = (segment: string): string => segment.replaceAll('-', '+').replaceAll('_', '/')
const withDashes = (): string => {
  for (let i = 0; ; i++) {
    const token = forge({ claims: { jti: `dash-${i}` } })
    if (/[-_]/.test(token.split('.')[2] as string)) return token
  }
}
const [dashHeader, dashPayload, dashSignature] = withDashes().split('.') as [string, string, string]

export const canonicality: Attack[] = [
  ['= after the signature', `${good}=`],
  ['== after the signature', `${good}==`],
  ['= after the header, signed so', forge({ encode: (h, p) => `${h}=.${p}` })],
  ['== after the payload, signed so', forge({ encode: (h, p) => `${h}.${p}==` })],
  ['the + / alphabet in the signature', `${dashHeader}.${dashPayload}.${standard(dashSignature)}`],
  ['unused bits in the signature', `${header}.${payload}.${unusedBits(signature)}`],
  [
    'unused bits in the header, signed so',
    forge({
      rawHeader: uneven(JSON.stringify({ alg: 'RS256', kid: 'rsa' })),
      encode: (h, p) => `${unusedBits(h)}.${p}`,
    }),
  ],
  [
    'unused bits in the payload, signed so',
    forge({ rawPayload: uneven(JSON.stringify(validClaims())), encode: (h, p) => `${h}.${unusedBits(p)}` }),
  ],
  ['a junk character in the signature', `${header}.${payload}.${signature.slice(0, 9)}%${signature.slice(9)}`],
  ['a tilde in the signature', `${header}.${payload}.${signature.slice(0, 9)}~${signature.slice(9)}`],
  ['a junk character in the header, signed so', forge({ encode: (h, p) => `${h.slice(0, 4)}%${h.slice(4)}.${p}` })],
  ['a junk character in the payload, signed so', forge({ encode: (h, p) => `${h}.${p.slice(0, 4)}~${p.slice(4)}` })],
  ['a single character for a signature', `${header}.${payload}.A`],
  ['a length that no base64 has, signed so', forge({ encode: (h, p) => `${h}.${p}${'A'.repeat(5 - (p.length % 4))}` })],
  ['a space inside', `${header}. ${payload}.${signature}`],
  ['a tab inside', `${header}.\t${payload}.${signature}`],
  ['a non-ASCII digit inside', `${header}.${payload}.${signature.slice(0, -1)}\u00b2`],
].map(([name, token]) => bearerToken(`base64url: ${name}`, token as string))
