import { Blob as LibraryBlob } from 'node:buffer'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { fixedBody } from '../../src/adapter/fixed-body.ts'

const textOf = (body: unknown): Promise<string> =>
  new Response(body as ConstructorParameters<typeof Response>[0]).text()

const BYTES = (): Uint8Array<ArrayBuffer> => new TextEncoder().encode('first')

test.each<[string, () => { body: unknown; change(): void }]>([
  ['a Uint8Array', () => changing(BYTES(), (body) => body.fill(120))],
  ['a Buffer', () => changing(Buffer.from('first'), (body) => body.fill(120))],
  ['a part of a Buffer', () => changing(Buffer.from('--first--').subarray(2, 7), (body) => body.fill(120))],
  ['a DataView', () => changing(new DataView(BYTES().buffer), (body) => body.setUint8(0, 120))],
  ['an ArrayBuffer', () => changing(BYTES().buffer, (body) => new Uint8Array(body).fill(120))],
])('keeps the bytes of %s', async (_, make) => {
  const { body, change } = make()
  const fixed = fixedBody(body)
  change()
  expect([await textOf(fixed), await textOf(fixed)]).toEqual(['first', 'first'])
})

test('keeps the parameters of URLSearchParams, and what they are', async () => {
  const body = new URLSearchParams('a=1&a=%20')
  const fixed = fixedBody(body)
  body.set('a', '2')
  expect(fixed).toBeInstanceOf(URLSearchParams)
  expect(await textOf(fixed)).toBe('a=1&a=+')
})

test('keeps the fields of a form, in the same bytes each time', async () => {
  const body = new FormData()
  body.set('a', '1')
  const fixed = fixedBody(body)
  body.set('a', '2')
  const [first, second] = [await textOf(fixed), await textOf(fixed)]
  expect(first).toContain('\r\n\r\n1\r\n')
  expect(second).toBe(first)
})

test("copies a library's form, whose files only that library can read", () => {
  class Form {
    readonly fields: [string, unknown][] = []
    readonly [Symbol.toStringTag] = 'FormData'
    append(name: string, value: unknown): void {
      this.fields.push([name, value])
    }
    [Symbol.iterator](): Iterator<[string, unknown]> {
      return this.fields[Symbol.iterator]()
    }
  }
  const body = new Form()
  body.append('file', { name: 'label.pdf' })
  const fixed = fixedBody(body) as Form
  body.append('late', 'b')
  expect(fixed).toBeInstanceOf(Form)
  expect(fixed.fields).toEqual([['file', { name: 'label.pdf' }]])
})

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'text'],
  ['a Blob', new LibraryBlob(['text'])],
  ['a stream', Readable.from(['text'])],
  ['an object of a library', { toString: () => 'text' }],
])('returns %s as it is', (_, body) => {
  expect(fixedBody(body)).toBe(body)
})

function changing<Body>(body: Body, change: (body: Body) => void): { body: Body; change(): void } {
  return { body, change: () => change(body) }
}
