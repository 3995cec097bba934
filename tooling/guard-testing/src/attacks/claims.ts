import { type Attack, AUDIENCE, bearerToken, forge, ISSUER, now, validClaims } from './forge.ts'

const show = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 40))
const withRaw = (name: string, literal: string): string => {
  const { [name]: _, ...rest } = validClaims()
  return forge({ rawPayload: `${JSON.stringify(rest).slice(0, -1)},"${name}":${literal}}` })
}
const table = (claim: string, values: readonly unknown[]): Attack[] =>
  values.map((value) => bearerToken(`claim ${claim}: ${show(value)}`, forge({ claims: { [claim]: value } })))
const raw = (claim: string, literals: readonly string[]): Attack[] =>
  literals.map((literal) => bearerToken(`claim ${claim}: ${literal.slice(0, 40)}`, withRaw(claim, literal)))

export const claims: Attack[] = [
  ...table('exp', [undefined, null, '', 'never', String(now() + 300), true, {}, [], [now() + 300], 0, -1, 1]),
  ...table('exp', [now() - 1, now() - 300, (now() + 300) * 1000]),
  ...raw('exp', ['1e400', '-1e400', '1e308']),
  ...table('nbf', [null, 'now', {}, [], true, -1, now() + 60, now() + 300]),
  ...raw('nbf', ['1e400', '-1e400']),
  ...table('iat', [null, 'now', {}, [], true, -1]),
  ...raw('iat', ['1e400']),
  ...table('aud', [
    undefined,
    null,
    '',
    0,
    true,
    {},
    [],
    [[AUDIENCE]],
    [[]],
    { 0: AUDIENCE },
    [AUDIENCE, 7],
    [null, AUDIENCE],
    `${AUDIENCE}/`,
    `${AUDIENCE}.evil.example`,
    `x${AUDIENCE}`,
    AUDIENCE.toUpperCase(),
    `${AUDIENCE} `,
    `${AUDIENCE} https://other.example`,
    AUDIENCE.slice(0, -1),
    ['https://other.example'],
  ]),
  ...table('iss', [
    undefined,
    null,
    '',
    0,
    {},
    [],
    [ISSUER],
    `${ISSUER}/`,
    `${ISSUER}.evil.example`,
    `${ISSUER}:443`,
    ISSUER.toUpperCase(),
    ISSUER.replace('https', 'http'),
    ISSUER.replace('//', '//user@'),
    ISSUER.replace('issuer', '\u0456ssuer'),
    ISSUER.replace('issuer', 'issue\u0301r'),
    ` ${ISSUER}`,
    `${ISSUER}\u0000`,
    `${ISSUER}?`,
    `${ISSUER}#`,
  ]),
  ...table('sub', [null, 0, '', {}, [], ['acme'], true]),
  ...table('client_id', [null, 0, '', {}, [], ['acme']]),
  ...table('azp', [null, 0, '']),
  ...table('jti', [null, 0, '', {}]),
  ...table('cnf', [
    null,
    0,
    'x',
    [],
    {},
    { jkt: 'abc' },
    { jwk: {} },
    { kid: 'k' },
    { 'x5t#S256': 'AAAA' },
    { 'x5t#S256': null },
    { 'x5t#S256': '' },
    { 'x5t#S256': ['AAAA'] },
    { 'x5t#s256': 'AAAA' },
    { x5t: 'AAAA' },
    { __proto__: null, jkt: 'a', 'x5t#S256': 'b' },
    { unknown: 1 },
  ]),
  bearerToken('claims: nobody is named', forge({ claims: { sub: undefined, client_id: undefined } })),
  ...(
    [
      ['an array', '[]'],
      ['a string', '"claims"'],
      ['null', 'null'],
      ['a number', '1'],
      ['nothing', ' '],
      ['an array around the claims', JSON.stringify([validClaims()])],
      ['claims and more', `${JSON.stringify(validClaims())}{}`],
      ['a byte order mark before the claims', `\ufeff${JSON.stringify(validClaims())}`],
      ['claims in UTF-16', Buffer.from(JSON.stringify(validClaims()), 'utf16le')],
      [
        'invalid UTF-8',
        Buffer.concat([
          Buffer.from(`${JSON.stringify(validClaims()).slice(0, -1)},"x":"`),
          Buffer.from([0xff]),
          Buffer.from('"}'),
        ]),
      ],
      ['a second iss, last', `${JSON.stringify(validClaims()).slice(0, -1)},"iss":"https://evil.example"}`],
      ['a second exp, last', `${JSON.stringify(validClaims()).slice(0, -1)},"exp":1}`],
      ['claims under __proto__', `{"__proto__":${JSON.stringify(validClaims())}}`],
      [
        'iss under __proto__',
        JSON.stringify({ ...validClaims(), iss: undefined }).replace('{', `{"__proto__":{"iss":"${ISSUER}"},`),
      ],
      [
        'a deep array in place of aud',
        JSON.stringify(validClaims()).replace(`"${AUDIENCE}"`, `${'['.repeat(3000)}${']'.repeat(3000)}`),
      ],
    ] as [string, string | Uint8Array][]
  ).map(([name, rawPayload]) => bearerToken(`payload: ${name}`, forge({ rawPayload }))),
]

/** Tokens that are valid, and grant nothing: the route asks for `labels:read`. */
export const scopes: Attack[] = [
  undefined,
  null,
  '',
  0,
  true,
  {},
  [],
  ['labels:read labels:write'],
  [['labels:read']],
  { 'labels:read': true },
  'labels',
  'labels:read:all',
  'labels:readx',
  'LABELS:READ',
  'labels:write\tlabels:read',
  'labels:write,labels:read',
  'labels:write\nlabels:read',
  'labels:write\u00a0labels:read',
  '"labels:read"',
  '*',
].map((scope) => bearerToken(`scope: ${show(scope)}`, forge({ claims: { scope } })))
