import { sendcloud } from '@auth/core'
import { expect, test, vi } from 'vitest'

test('S10: keys in a page earn a warning, once, that names the strategy and no key', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const make = (): unknown => sendcloud({ publicKey: 'public-key', secretKey: 'secret-key' })
  make()
  expect(warn).not.toHaveBeenCalled()
  vi.stubGlobal('window', {})
  vi.stubGlobal('document', {})
  make()
  make()
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/sendcloud: .* do not belong in a browser/)]])
  expect(warn.mock.calls.join()).not.toMatch(/public-key|secret-key/)
  vi.unstubAllGlobals()
  warn.mockRestore()
})
