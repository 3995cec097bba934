import { openAsBlob } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { isFormData, multipart } from '@auth/core/adapter'
import { describe, expect, onTestFinished, test } from 'vitest'

/** A form with everything that is written in a way of its own. */
function form(): FormData {
  const all = new FormData()
  all.append('plain', 'text')
  all.append('', '')
  all.append('again', '1')
  all.append('again', '2')
  all.append('päckchen ✓', 'ä ✓ 📦 \uD800')
  all.append('na"me\n\r\r\n%22', 'lines\nof\rall\r\nkinds\n\r"%0A')
  all.append('label', new File(['%PDF\n\r'], 'lab"el\n\r\r\nü.pdf', { type: 'application/pdf' }))
  all.append('untyped', new File([Uint8Array.of(0, 13, 10, 255)], 'a'))
  all.append('parameters', new File(['a'], 'a', { type: 'Text/Plain; charset=UTF-8' }))
  all.append('empty', new File([], 'empty.txt'))
  all.append('unnamed', new Blob(['a']))
  return all
}

const boundaryOf = (type: string | null): string => type?.match(/^multipart\/form-data; ?boundary=(.+)$/)?.[1] ?? ''

describe('multipart', () => {
  test.each([
    ['a form', form()],
    ['an empty form', new FormData()],
  ])('writes %s in the bytes of the platform, but for the boundary', async (_, given) => {
    const platform = new Response(given)
    const theirs = boundaryOf(platform.headers.get('content-type'))
    const message = multipart(given)
    const ours = boundaryOf(message.type)
    expect(ours).toMatch(/^[-0-9a-z]{27,70}$/)
    const latin1 = (bytes: ArrayBuffer): string => Buffer.from(bytes).toString('latin1')
    const expected = latin1(await platform.arrayBuffer()).replaceAll(theirs, ours)
    expect(latin1(await message.arrayBuffer())).toBe(expected)
    expect(message.size).toBe(expected.length)
  })

  test('gives a file without a name an empty one, as the standard has it, so that it is received as a file', async () => {
    const given = new FormData()
    given.append('file', new File(['a'], ''))
    expect(await multipart(given).text()).toContain('; name="file"; filename=""\r\nContent-Type: ')
  })

  test('takes another boundary for each form', () => {
    expect(multipart(form()).type).not.toBe(multipart(form()).type)
  })

  test('reads no file before it is sent', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'form-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'label.pdf')
    await writeFile(path, 'a label')
    const given = new FormData()
    given.append('label', await openAsBlob(path))
    const message = multipart(given)
    await rm(path)
    await expect(message.text()).rejects.toThrow(/could not be read/)
  })
})

describe('isFormData', () => {
  const foreign = (entries: readonly (readonly [string, unknown])[]): object => ({
    [Symbol.toStringTag]: 'FormData',
    [Symbol.iterator]: () => entries[Symbol.iterator](),
  })

  test.each([
    ['a form', form()],
    [
      'one of a library by the same standard',
      foreign([
        ['file', new File(['a'], 'a')],
        ['a', 'b'],
      ]),
    ],
  ])('is %s', (_, body) => expect(isFormData(body)).toBe(true))

  test.each([
    ['nothing', undefined],
    ['a string', 'a=b'],
    ['parameters', new URLSearchParams('a=b')],
    ['a Blob', new Blob(['a'])],
    [
      'a form of the form-data package, which is a stream',
      Object.assign(Readable.from(['a']), { [Symbol.toStringTag]: 'FormData' }),
    ],
    ['a form with files of a library', foreign([['file', { stream: () => {}, name: 'a' }]])],
  ])('is not %s', (_, body) => expect(isFormData(body)).toBe(false))
})
