import { type Attack, forge } from './forge.ts'

export const PASSWORD = 'pa:ss w\u00f6rd'
const base64 = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64')
const good = base64(`acme:${PASSWORD}`)
const at =
  (path: string, prefix: string) =>
  (name: string, authorization: string | string[]): Attack => ({
    name: `${prefix}: ${name}`,
    path,
    headers: { authorization },
  })
const basic = at('/basic', 'Basic')

export const basics: Attack[] = [
  { name: 'Basic: nothing', path: '/basic' },
  basic('the scheme alone', 'Basic'),
  basic('no colon', `Basic ${base64('acme')}`),
  basic('an empty pair', `Basic ${base64(':')}`),
  basic('an empty password', `Basic ${base64('acme:')}`),
  basic('an empty user', `Basic ${base64(`:${PASSWORD}`)}`),
  basic('the password up to its colon', `Basic ${base64('acme:pa')}`),
  basic('the password after its colon', `Basic ${base64('acme:ss w\u00f6rd')}`),
  basic('a colon more', `Basic ${base64(`acme::${PASSWORD}`)}`),
  basic('another case of the user', `Basic ${base64(`ACME:${PASSWORD}`)}`),
  basic('another case of the password', `Basic ${base64(`acme:${PASSWORD.toUpperCase()}`)}`),
  basic('a space after the user', `Basic ${base64(`acme :${PASSWORD}`)}`),
  basic('a space before the user', `Basic ${base64(` acme:${PASSWORD}`)}`),
  basic('a space after the password', `Basic ${base64(`acme:${PASSWORD} `)}`),
  basic('a line break after the password', `Basic ${base64(`acme:${PASSWORD}\n`)}`),
  basic('a NUL after the password', `Basic ${base64(`acme:${PASSWORD}\0`)}`),
  basic('a NUL before the colon', `Basic ${base64(`acme\0:${PASSWORD}`)}`),
  basic('DEL', `Basic ${base64(`acme:${PASSWORD}\x7f`)}`),
  basic('the password in Latin-1', `Basic ${base64(`acme:${PASSWORD}`, 'latin1')}`),
  basic('the password in NFD', `Basic ${base64(`acme:${PASSWORD.normalize('NFD')}`)}`),
  basic('the password in UTF-16', `Basic ${base64(`acme:${PASSWORD}`, 'utf16le')}`),
  basic('a byte order mark', `Basic ${base64(`\ufeffacme:${PASSWORD}`)}`),
  basic('a look-alike in the user', `Basic ${base64(`\u0430cme:${PASSWORD}`)}`),
  basic('no encoding', 'Basic acme:pa:ss'),
  basic('URL encoding', 'Basic acme%3Apa%3Ass'),
  basic('encoded twice', `Basic ${base64(good)}`),
  basic('no padding', `Basic ${good.replace(/=+$/, '')}`),
  basic('more padding', `Basic ${good}=`),
  basic(
    'unused bits',
    `Basic ${base64('acme:x').replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1))}`,
  ),
  basic('a line break inside', `Basic ${good.slice(0, 4)}\t${good.slice(4)}`),
  basic('a junk character', `Basic ${good.slice(0, 4)}%${good.slice(4)}`),
  basic('text after it', `Basic ${good} x`),
  basic('a list', `Basic ${good}, Basic ${good}`),
  basic('auth-params', `Basic username="acme", password="${base64(PASSWORD)}"`),
  basic('a prefix before the scheme', `XBasic ${good}`),
  basic('a prefix with the scheme inside', `XBasicX ${good}`),
  basic('the scheme inside', `Bearer Basic ${good}`),
  basic('another scheme', `Bearer ${good}`),
  basic('Digest', 'Digest username="acme"'),
  basic('two headers', [`Basic ${good}`, `Basic ${good}`]),
  basic('two headers, the good one last', [`Basic ${base64('a:b')}`, `Basic ${good}`]),
  basic('a password of 8 KiB', `Basic ${base64(`acme:${'x'.repeat(6000)}`)}`),
  basic('__proto__', `Basic ${base64('__proto__:x')}`),
  basic('constructor', `Basic ${base64('constructor:x')}`),
  { name: 'Basic: in the URL', path: `/basic?authorization=Basic%20${good}` },
  { name: 'Basic: in Proxy-Authorization', path: '/basic', headers: { 'proxy-authorization': `Basic ${good}` } },
]

export const KEY = 'sk_live_6d1f0c4e_Zq3'
const key = (name: string, value: string | string[]): Attack => ({
  name: `API key: ${name}`,
  path: '/key',
  headers: { 'x-api-key': value },
})

export const apiKeys: Attack[] = [
  { name: 'API key: nothing', path: '/key' },
  key('empty', ''),
  key('one space', ' '),
  key('prefix only', 'sk_live_'),
  key('prefix and id only', 'sk_live_6d1f0c4e_'),
  key('the first half', KEY.slice(0, 10)),
  key('all but the last character', KEY.slice(0, -1)),
  key('another last character', `${KEY.slice(0, -1)}4`),
  key('another first character', `r${KEY.slice(1)}`),
  key('one character more', `${KEY}x`),
  key('upper case', KEY.toUpperCase()),
  key('quoted', `"${KEY}"`),
  key('in a list', `${KEY}, ${KEY}`),
  key('in a list with junk', `junk, ${KEY}`),
  key('with a comma', `${KEY},`),
  key('with a scheme', `Bearer ${KEY}`),
  key('a look-alike', KEY.replace('e', '\u00e9')),
  key('a soft hyphen inside', `${KEY.slice(0, 5)}\u00ad${KEY.slice(5)}`),
  key('a no-break space after it', `${KEY}\u00a0`),
  key('a tab inside', `${KEY.slice(0, 5)}\t${KEY.slice(5)}`),
  key('percent-encoded', KEY.replace('_', '%5F')),
  key('its hash', 'sha256:x'),
  key('__proto__', '__proto__'),
  key('constructor', 'constructor'),
  key('its id', 'live'),
  key('12 KiB', 'k'.repeat(12_000)),
  key('two headers, alike', [KEY, KEY]),
  key('two headers, the good one first', [KEY, 'junk']),
  key('two headers, the good one last', ['junk', KEY]),
  key('two headers, one empty', [KEY, '']),
  key('expired', 'expired-key'),
  key('not yet valid', 'future-key'),
  key('the key of a removed record', 'removed-key'),
  { name: 'API key: in the query', path: `/key?x-api-key=${KEY}` },
  { name: 'API key: in the query as api_key', path: `/key?api_key=${KEY}` },
  { name: 'API key: in Authorization', path: '/key', headers: { authorization: `ApiKey ${KEY}` } },
  { name: 'API key: in a cookie', path: '/key', headers: { cookie: `x-api-key=${KEY}` } },
  { name: 'API key: in x_api_key', path: '/key', headers: { x_api_key: KEY } },
  { name: 'API key: in x-apikey', path: '/key', headers: { 'x-apikey': KEY } },
]

const token = (claims: Record<string, unknown> = {}): string => `Bearer ${forge({ claims })}`
const OTHER = 'key-of-globex'
const all = (name: string, headers: Attack['headers']): Attack => ({
  name: `allOf: ${name}`,
  path: '/all',
  ...(headers && { headers }),
})
const either = (name: string, headers: Attack['headers']): Attack => ({
  name: `anyOf: ${name}`,
  path: '/any',
  ...(headers && { headers }),
})

export const compositions: Attack[] = [
  all('nothing', {}),
  all('the key alone', { 'x-api-key': KEY }),
  all('the token alone', { authorization: token() }),
  all('a wrong key and a token', { 'x-api-key': 'junk', authorization: token() }),
  all('a key and a wrong token', { 'x-api-key': KEY, authorization: 'Bearer junk' }),
  all('a key and an expired token', { 'x-api-key': KEY, authorization: token({ exp: 1 }) }),
  all('a wrong key and a wrong token', { 'x-api-key': 'junk', authorization: 'Bearer junk' }),
  all('the key of one party, the token of another', {
    'x-api-key': KEY,
    authorization: token({ client_id: 'globex' }),
  }),
  all('the token of one party, the key of another', { 'x-api-key': OTHER, authorization: token() }),
  all('a party that differs in case', { 'x-api-key': KEY, authorization: token({ client_id: 'ACME' }) }),
  all('a party that differs in a space', { 'x-api-key': KEY, authorization: token({ client_id: 'acme ' }) }),
  all('a party that differs in its form', { 'x-api-key': KEY, authorization: token({ client_id: 'a\u0441me' }) }),
  all('two keys and a token', { 'x-api-key': [KEY, KEY], authorization: token() }),
  all('a key and two tokens', { 'x-api-key': KEY, authorization: [token(), token()] }),
  all('a key and Basic', { 'x-api-key': KEY, authorization: `Basic ${good}` }),
  either('nothing', {}),
  either('a wrong key', { 'x-api-key': 'junk' }),
  either('a wrong token', { authorization: 'Bearer junk' }),
  either('a wrong key beside a valid token', { 'x-api-key': 'junk', authorization: token() }),
  either('a wrong token beside a valid key', { 'x-api-key': KEY, authorization: 'Bearer junk' }),
  either('an expired key beside a valid token', { 'x-api-key': 'expired-key', authorization: token() }),
  either('two headers beside a valid key', { 'x-api-key': KEY, authorization: [token(), token()] }),
  either('two keys beside a valid token', { 'x-api-key': [KEY, KEY], authorization: token() }),
  either('credentials of two parties', { 'x-api-key': OTHER, authorization: token() }),
]
export const OTHER_KEY = OTHER
