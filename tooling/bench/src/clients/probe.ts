import type { RemoteListener } from '../loopback/api.ts'

/**
 * Proves that a client reads the document, and that it was sent once and authenticated.
 *
 * @throws Error saying what it does instead.
 */
export async function probeClient(call: () => Promise<unknown>, { counters }: RemoteListener): Promise<void> {
  const before = await counters()
  const body = (await call()) as { status?: unknown } | undefined
  if (body?.status !== 'created') throw new Error('it reads another document')
  const after = await counters()
  if (after.requests - before.requests !== 1) throw new Error('it sends more than one request')
  if (after.refused !== before.refused) throw new Error('it is refused')
}
