import { apiKey, createStrategy } from '@auth/core'
import type { KyInstance } from 'ky'
import ky1 from 'ky1'
import { expect, test } from 'vitest'
import { withAuth } from '../src/index.ts'

test('refuses an older ky at once, naming what was found and what is needed', () => {
  const strategy = createStrategy({ origins: ['https://api.example.com'], layers: [apiKey('x-api-key', 'key')] })
  expect(() => withAuth(ky1 as unknown as KyInstance, strategy)).toThrow(
    expect.objectContaining({ option: 'ky', message: expect.stringMatching(/ky 1 or older.*ky 2/) }),
  )
})
