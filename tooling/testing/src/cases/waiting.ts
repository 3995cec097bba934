import { bearer } from '@auth/core'
import { expect } from 'vitest'
import type { Bench } from '../bench.ts'
import { arrival } from './errors.ts'

/** Waiting for a token is part of the call: signals and timeouts cover it. */
export function waiting(b: Bench): void {
  const { it } = b

  it('waits for a token before it sends anything', async () => {
    const release = b.tokens.hold()
    const pending = b.client().send({ url: b.api.origin })
    await turn()
    expect(b.api.received).toEqual([])
    release()
    expect((await pending).status).toBe(200)
  })

  it('settles at once when the caller aborts while he waits for a token, and sends nothing', async () => {
    const release = b.tokens.hold()
    const controller = new AbortController()
    const client = b.client()
    const pending = client.send({ url: b.api.origin, signal: controller.signal })
    const other = client.send({ url: `${b.api.origin}/other` })
    await turn()
    controller.abort()
    await expect(pending).rejects.toThrow()
    release()
    expect((await other).status).toBe(200)
    expect(b.api.received.map(({ path }) => path.split('?')[0])).toEqual(['/other'])
  })

  it('settles at once when the signal was aborted before', async () => {
    b.tokens.hold()
    await expect(b.client().send({ url: b.api.origin, signal: AbortSignal.abort() })).rejects.toThrow()
    expect(b.api.received).toEqual([])
  })

  it('settles at once when the caller aborts while he waits for the fresh token of a replay', async () => {
    const controller = new AbortController()
    b.tokens.next = 'second-token-0002'
    b.api.onRequest(() => {
      b.tokens.hold()
      return { status: 401 }
    })
    const pending = b.client().send({ url: b.api.origin, signal: controller.signal })
    while (b.tokens.asked < 2) await turn()
    controller.abort()
    await expect(pending).rejects.toThrow()
    expect(b.api.received).toHaveLength(1)
  })

  it('settles at once when the caller aborts while the request is under way', async () => {
    b.api.onRequest(() => new Promise(() => {}))
    const controller = new AbortController()
    const pending = b.client().send({ url: b.api.origin, signal: controller.signal })
    await arrival(b)
    controller.abort()
    await expect(pending).rejects.toThrow()
  })

  it(
    "settles when the client's timeout ends while it waits for a token",
    async () => {
      b.tokens.hold()
      await expect(b.client(undefined, { timeout: 50 }).send({ url: b.api.origin })).rejects.toThrow()
      expect(b.api.received).toEqual([])
    },
    'timeout',
  )

  it('leaves no unhandled rejection behind when the token fails after the abort', async () => {
    const release = b.tokens.hold()
    const controller = new AbortController()
    const pending = b.client([bearer(b.tokens)]).send({ url: b.api.origin, signal: controller.signal })
    await turn()
    controller.abort()
    await expect(pending).rejects.toThrow()
    b.tokens.failure = new Error('too late')
    // vitest fails the run for an unhandled rejection.
    release()
    await turn()
  })
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
