import type { Clock } from '../clock.ts'
import type { Emit } from '../events.ts'
import { describeError } from '../lib/describe-error.ts'
import { isThenable, type MaybePromise } from '../lib/maybe-promise.ts'

/** What a store answers in time; `undefined`, and an event, if it fails or does not. */
export type AskStore = <T>(
  operation: string,
  question: () => MaybePromise<T>,
  /** Gets an answer that comes when nobody waits for it any more. */
  late?: (answer: T) => unknown,
) => Promise<{ readonly answer: T } | undefined>

// A store is asked on the way to a token request only; slower than this, the request is made without it.
const LONGEST_ANSWER = 1000

/** Asks a store without depending on it: no answer is waited for longer than a second, and no failure is thrown. */
export function storeAccess(clock: Clock, emit: Emit | undefined): AskStore {
  let failures = 0

  const failed = (operation: string, message: string): undefined => {
    failures++
    emit?.({ type: 'store-failed', operation, message, failures })
  }
  const answered = <T>(answer: T): { answer: T } => {
    if (failures > 0) emit?.({ type: 'store-recovered', failures })
    failures = 0
    return { answer }
  }

  return async (operation, question, late) => {
    let waiting: AbortController | undefined
    try {
      const answer = question()
      if (!isThenable(answer)) return answered(answer)
      waiting = new AbortController()
      const tooLate = clock.delay(LONGEST_ANSWER, waiting.signal).then(
        () => 'late' as const,
        () => 'late' as const,
      )
      const first = await Promise.race([answer.then((value) => ({ value })), tooLate])
      if (first !== 'late') return answered(first.value)
      answer.then(late).catch(() => {})
      return failed(operation, `no answer within ${LONGEST_ANSWER} ms`)
    } catch (error) {
      // The message may quote the key or the command.
      return failed(operation, describeError(error))
    } finally {
      waiting?.abort()
    }
  }
}
