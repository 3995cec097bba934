import { apiKey, createStrategy } from '@auth/core'
import type { Got } from 'got'
import got14 from 'got14'
import { expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'

test('refuses an older got at once, naming what was found and what is needed', () => {
  const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [apiKey('x-api-key', 'key')] })
  expect(() => withAuth(got14 as unknown as Got, strategy)).toThrow(
    expect.objectContaining({ option: 'client', message: expect.stringMatching(/got 14 or older.*15\.1/) }),
  )
})
