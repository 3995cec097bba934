import { basic, bearer, clientCertificate, type Decision, inboundRequest, type Policy } from '@auth/core/verify'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certificateReader, parseXfcc } from '../../src/verify/certificates/forwarded-certificate.ts'
import { formatChallenge } from '../../src/verify/challenge.ts'
import { readAuthorization } from '../../src/verify/credentials/authorization-header.ts'
import { decodeBasic } from '../../src/verify/credentials/basic-credentials.ts'
import { grantedScope } from '../../src/verify/tokens/granted-scope.ts'
import { readJwt } from '../../src/verify/tokens/jwt-checks.ts'
import { readKeySet } from '../../src/verify/tokens/key-set.ts'
import { VerificationError } from '../../src/verify/tokens/verifier.ts'

const request = (name: string, ...values: string[]) =>
  inboundRequest({ rawHeaders: values.flatMap((value) => [name, value]), socket: { remoteAddress: '127.0.0.1' } })

/** What a header can hold: Latin-1 without control characters. */
const headerText = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
  maxLength: 200,
})
/** Text with the characters that a grammar turns on. */
const grammarText = (characters: string): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters), maxLength: 100 })

const OUTCOMES = ['authenticated', 'missing', 'invalid', 'bad_request']

describe('the Authorization header', () => {
  const accepting: Policy = bearer(async () => ({ sub: 'acme' }))

  test('is read in one way, or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(headerText, grammarText('Bearer bEaR\t,=A.-+/~%"')), async (value) => {
        const decision: Decision = await accepting.decide(request('authorization', value))
        expect(OUTCOMES).toContain(decision.outcome)
        const credentials = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i.exec(value)?.[1]
        expect(decision.outcome === 'authenticated').toBe(credentials !== undefined)
      }),
    )
  })

  test('yields what was sent, with any case of the scheme and any number of spaces', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Bearer', 'bearer', 'BEARER', 'bEaReR'),
        fc.integer({ min: 1, max: 50 }),
        fc.stringMatching(/^[A-Za-z0-9\-._~+/]{1,50}={0,2}$/),
        (scheme, spaces, token) => {
          expect(readAuthorization(request('authorization', scheme + ' '.repeat(spaces) + token), 'bearer')).toEqual({
            credentials: token,
          })
        },
      ),
    )
  })

  test('twice is never anything but a bad request', () => {
    fc.assert(
      fc.property(headerText, headerText, (one, other) => {
        expect(readAuthorization(request('authorization', one, other), 'bearer')).toMatchObject({
          outcome: 'bad_request',
        })
      }),
    )
  })
})

describe('Basic', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  const CONTROL = /[\x00-\x1f\x7f]/
  const printable = fc
    .string({ unit: 'binary', maxLength: 40 })
    .filter((text) => !CONTROL.test(text) && text.isWellFormed())

  test('comes out as it went in', () => {
    fc.assert(
      fc.property(
        printable.filter((text) => !text.includes(':')),
        printable,
        (username, password) => {
          const encoded = Buffer.from(`${username}:${password}`).toString('base64')
          expect(decodeBasic(encoded)).toEqual({ username, password })
        },
      ),
    )
  })

  test('has one spelling, and none that is not UTF-8 or has control characters', () => {
    fc.assert(
      fc.property(fc.oneof(headerText, fc.base64String(), grammarText('YTpiQ=+/-_ ,')), (text) => {
        const pair = decodeBasic(text)
        if (pair === undefined) return
        expect(Buffer.from(`${pair.username}:${pair.password}`).toString('base64')).toBe(text)
        expect(CONTROL.test(pair.username + pair.password)).toBe(false)
        expect(pair.username).not.toContain(':')
      }),
    )
  })

  test('of random bytes never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        decodeBasic(Buffer.from(bytes).toString('base64'))
      }),
    )
  })
})

describe('X-Forwarded-Client-Cert', () => {
  const key = fc.stringMatching(/^[a-zA-Z]{1,8}$/)
  const value = fc.string({ unit: fc.constantFrom(...'ab,;="\\ %'), maxLength: 20 })

  test('quoted values come out as they went in', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.uniqueArray(fc.tuple(key, value), {
            selector: ([name]) => name.toLowerCase(),
            minLength: 1,
            maxLength: 5,
          }),
          { minLength: 1, maxLength: 4 },
        ),
        (elements) => {
          const written = elements
            .map((pairs) => pairs.map(([name, text]) => `${name}="${text.replace(/["\\]/g, '\\$&')}"`).join(';'))
            .join(',')
          const expected = elements.map((pairs) => new Map(pairs.map(([name, text]) => [name.toLowerCase(), text])))
          expect(parseXfcc(written)).toEqual(expected)
        },
      ),
    )
  })

  test('of anything is elements or a TypeError', () => {
    fc.assert(
      fc.property(fc.oneof(headerText, grammarText('ab=;,"\\ Cert')), (text) => {
        try {
          for (const element of parseXfcc(text)) expect(element).toBeInstanceOf(Map)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
        }
      }),
    )
  })
})

describe('a forwarded certificate', () => {
  test.each(['client-cert', 'x-forwarded-client-cert', 'x-ssl-client-cert'])('%s of anything is refused', (header) => {
    const policy = clientCertificate({ proxy: { header, trusted: ['127.0.0.1'] } })
    fc.assert(
      fc.property(
        fc.oneof(
          headerText,
          grammarText('?1:;,="()ABab0-. \\'),
          fc.base64String().map((text) => `:${text}:`),
          fc
            .base64String()
            .map((text) => `Cert="-----BEGIN%20CERTIFICATE-----%0A${text}%0A-----END%20CERTIFICATE-----"`),
        ),
        (text) => {
          const decision = policy.decide(request(header, text)) as Decision
          expect(['missing', 'invalid', 'bad_request']).toContain(decision.outcome)
        },
      ),
    )
  })

  test('is read from a structured field only', () => {
    const read = certificateReader('client-cert', undefined)
    fc.assert(
      fc.property(fc.oneof(headerText, grammarText('?1:;,="()ABab0-. \\*@%')), (text) => {
        expect(() => read(text)).toThrow()
      }),
    )
  })
})

describe('a JWT', () => {
  const json = fc.json({ maxDepth: 3 })
  const segment = fc.oneof(
    json.map((text) => Buffer.from(text).toString('base64url')),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    grammarText('eyJ0-_=+/% \n'),
  )

  test('of anything is read or refused as invalid', () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        const token = segments.join('.')
        try {
          const { header } = readJwt(token)
          expect(header.alg).toBeTypeOf('string')
          // What is let through has one spelling.
          const again = segments.map((text) => Buffer.from(text, 'base64url').toString('base64url')).join('.')
          expect(again).toBe(token)
        } catch (error) {
          expect(error).toBeInstanceOf(VerificationError)
          expect((error as VerificationError).code).toBe('invalid_token')
        }
      }),
    )
  })
})

describe('a JWKS', () => {
  test('of anything is read, without keys that must not verify, or is a TypeError', () => {
    const jwk = fc.record(
      {
        kty: fc.constantFrom('RSA', 'EC', 'OKP', 'oct', 'x', 1),
        n: fc.anything(),
        e: fc.constantFrom('AQ', 'AQAB', 1),
        k: fc.constantFrom('AAAA', undefined),
        d: fc.constantFrom('AAAA', undefined),
        use: fc.constantFrom('sig', 'enc', undefined, 1),
        kid: fc.anything(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ keys: fc.array(fc.oneof(jwk, fc.anything())) })), (document) => {
        try {
          for (const text of readKeySet(document).fingerprints) expect(text).not.toMatch(/"(?:d|k)","AAAA"|"oct"/)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
        }
      }),
    )
  })
})

test('a scope of anything grants tokens of RFC 6749 only', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.anything(), fc.array(fc.oneof(fc.string(), fc.anything()))), (scope) => {
      for (const token of grantedScope({ scope } as never)) expect(token).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
    }),
  )
})

test('a challenge of anything is one line of printable ASCII that reads back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (value) => {
      const text = formatChallenge({ scheme: 'Bearer', parameters: { realm: value, error: 'x' } })
      expect(text).toMatch(/^[\x20-\x7e]*$/)
      expect(text).toMatch(/^Bearer realm="(?:[^"\\]|\\.)*", error="x"$/)
    }),
  )
})

describe('what is long takes no longer than its length', () => {
  const LENGTH = 65_536
  const patterns: Record<string, (n: number) => string> = {
    spaces: (n) => `Bearer ${' '.repeat(n)}`,
    'spaces and a character': (n) => `Bearer ${' '.repeat(n)}x y`,
    commas: (n) => `Bearer ${','.repeat(n)}`,
    'equals signs': (n) => `Bearer a${'='.repeat(n)}b`,
    letters: (n) => `Bearer ${'a'.repeat(n)}!`,
    dots: (n) => `Bearer ${'.'.repeat(n)}`,
    'quotes and backslashes': (n) => `Cert="${'\\"'.repeat(n / 2)}`,
    semicolons: (n) => ';'.repeat(n),
    pairs: (n) => 'a=b;'.repeat(n / 4),
    elements: (n) => 'a=b,'.repeat(n / 4),
    colons: (n) => ':'.repeat(n),
    parentheses: (n) => '('.repeat(n),
    parameters: (n) => `:AAAA:${';a=1'.repeat(n / 4)}`,
    'percent signs': (n) => '%'.repeat(n),
    'line breaks': (n) => `-----BEGIN CERTIFICATE-----${'%0A'.repeat(n / 3)}`,
  }
  const policies: Record<string, [string, Policy]> = {
    bearer: ['authorization', bearer(async () => undefined)],
    basic: ['authorization', basic({ verify: () => undefined })],
    rfc9440: ['client-cert', clientCertificate({ proxy: { header: 'client-cert', trusted: ['127.0.0.1'] } })],
    xfcc: [
      'x-forwarded-client-cert',
      clientCertificate({ proxy: { header: 'x-forwarded-client-cert', trusted: ['127.0.0.1'] } }),
    ],
    pem: ['x-cert', clientCertificate({ proxy: { header: 'x-cert', trusted: ['127.0.0.1'] } })],
  }

  test.each(Object.entries(patterns))('%s', async (_name, pattern) => {
    for (const [header, policy] of Object.values(policies)) {
      const started = performance.now()
      const decision = await policy.decide(request(header, pattern(LENGTH)))
      expect(decision.outcome).not.toBe('authenticated')
      // Quadratic time over 64 KiB takes seconds, also on a fast machine; linear time about a millisecond.
      expect(performance.now() - started).toBeLessThan(1000)
    }
  })
})
