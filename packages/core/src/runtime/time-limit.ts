import { unheldTimeout } from '../clock.ts'

export interface TimeLimit {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal
  /** Ends the time before it is over. */
  giveUp(): void
  end(): void
}

/** As AbortSignal.timeout, whose timer cannot be cleared. */
export function timeLimit(ms: number): TimeLimit {
  const controller = new AbortController()
  const timer = unheldTimeout(() => controller.abort(), ms)
  return { signal: controller.signal, giveUp: () => controller.abort(), end: () => clearTimeout(timer) }
}
