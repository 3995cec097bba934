import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PYTHON, systemProgram } from '@auth/vitest/system-program'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServedSandbox, serveSandbox } from '../src/index.ts'

const run = promisify(execFile)
const example = (path: string): string => fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url))
const hasJava = spawnSync('java', ['-version']).status === 0

let served: ServedSandbox
beforeAll(async () => {
  served = await serveSandbox({ carriers: ['posti'] })
})
afterAll(() => served.close())

describe('the examples in other languages', () => {
  test('Python: locked after five wrong passwords, and an hour later not', async () => {
    const { stdout } = await run(await systemProgram(PYTHON), [example('python/posti_lockout.py'), served.controlUrl])
    expect(stdout).toBe("Posti's hour has passed.\n")
  })

  test.runIf(hasJava)('Java: an outage that ends', async () => {
    const { stdout } = await run('java', [example('java/PostiOutage.java'), served.controlUrl])
    expect(stdout).toBe('503 200\n')
  })
})
