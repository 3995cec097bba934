import { type Attack, forge } from './forge.ts'

const token = forge()
const good = `Bearer ${token}`
const header = (name: string, authorization: string | string[]): Attack => ({
  name: `transport: ${name}`,
  headers: { authorization },
})
const raw = (name: string, lines: string, rest = ''): Attack => ({
  name: `transport: ${name}`,
  raw: `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${lines}\r\n\r\n${rest}`,
})
const form = { 'content-type': 'application/x-www-form-urlencoded' }

export const transport: Attack[] = [
  { name: 'transport: no header' },
  header('an empty header', ''),
  header('the scheme alone', 'Bearer'),
  header('the scheme and a space', 'Bearer '),
  header('the token alone', token),
  header('a colon after the scheme', `Bearer: ${token}`),
  header('an equals sign after the scheme', `Bearer=${token}`),
  header('a tab after the scheme', `Bearer\t${token}`),
  header('a space and a tab after the scheme', `Bearer \t${token}`),
  header('a comma after the scheme', `Bearer, ${token}`),
  header('no space after the scheme', `Bearer${token}`),
  header('a prefix before the scheme', `X${good}`),
  header('a suffix after the scheme', `BearerX ${token}`),
  header('another scheme', `Token ${token}`),
  header('DPoP', `DPoP ${token}`),
  header('Basic with the token', `Basic ${token}`),
  header('the token twice', `${good} ${token}`),
  header('the header twice in one', `${good}, ${good}`),
  header('a list without a space', `${good},${good}`),
  header('junk after the token', `${good} junk`),
  header('junk before, in a list', `Basic YTpi, ${good}`),
  header('auth-params', `Bearer token="${token}"`),
  header('auth-params beside the token', `${good}, realm="x"`),
  header('two headers, the good one first', [good, 'Bearer junk']),
  header('two headers, the good one last', ['Bearer junk', good]),
  header('two headers, alike', [good, good]),
  header('two headers, two schemes', ['Basic YTpi', good]),
  header('two headers, one empty', [good, '']),
  header('a non-ASCII scheme', `B\u00e9arer ${token}`),
  header('a token of 16 KiB of A', `Bearer ${'A'.repeat(12_000)}`),
  header('a token of dots', `Bearer ${'.'.repeat(12_000)}`),
  header('a token of equals signs', `Bearer A${'='.repeat(12_000)}`),
  header('a row of spaces', `Bearer ${' '.repeat(12_000)}x`),
  header('a row of commas', `Bearer ${','.repeat(12_000)}`),
  { name: 'transport: the token in the query', path: `/?access_token=${token}` },
  { name: 'transport: the token in the query, as a list', path: `/?access_token[]=${token}` },
  { name: 'transport: the token in the query, as an authorization', path: `/?authorization=Bearer%20${token}` },
  { name: 'transport: the token in a form', method: 'POST', headers: form, body: `access_token=${token}` },
  { name: 'transport: the token in a form of a GET', method: 'GET', headers: form, body: `access_token=${token}` },
  {
    name: 'transport: the token in JSON',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: token }),
  },
  ...['proxy-authorization', 'x-authorization', 'x-forwarded-authorization', 'x-access-token', 'cookie'].map(
    (name) => ({
      name: `transport: the token in ${name}`,
      headers: { [name]: name === 'cookie' ? `access_token=${token}` : good },
    }),
  ),
  ...['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'].map((method) => ({
    name: `transport: ${method} without credentials`,
    method,
  })),
  {
    name: 'transport: a CORS preflight',
    method: 'OPTIONS',
    headers: {
      origin: 'https://evil.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  },
  { name: 'transport: method override', method: 'POST', headers: { 'x-http-method-override': 'OPTIONS' } },
  { name: 'transport: X-Original-URL', headers: { 'x-original-url': '/open', 'x-rewrite-url': '/open' } },
  { name: 'transport: X-Forwarded-For loopback', headers: { 'x-forwarded-for': '127.0.0.1' } },
  raw('a folded header', `Authorization: Bearer\r\n ${token}`),
  raw('a space before the colon', `Authorization : ${good}`),
  raw('a NUL in the header', `Authorization: ${good}\u0000`),
  raw('a bare CR in the header', `Authorization: ${good}\rX: y`),
  raw('an underscore in place of the name', `Authori_zation: ${good}`),
  raw(
    'the header in a trailer',
    'Transfer-Encoding: chunked\r\nTrailer: Authorization',
    `0\r\nAuthorization: ${good}\r\n\r\n`,
  ),
  raw('two headers, different case', `authorization: Bearer junk\r\nAUTHORIZATION: ${good}`),
  {
    name: 'transport: an absolute request target with user information',
    raw: `GET http://acme:secret@localhost/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  },
]
