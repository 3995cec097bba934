import type { Clock } from '../clock.ts'

/** A moment on both clocks. */
export interface Moment {
  readonly wall: number
  readonly monotonic: number
}

export function moment(clock: Pick<Clock, 'now' | 'monotonic'>): Moment {
  return { wall: clock.now(), monotonic: clock.monotonic() }
}

/** ms since a moment. The wall clock can be set back, the other stands still while the machine sleeps: the older is right. */
export function age(since: Moment, clock: Pick<Clock, 'now' | 'monotonic'>): number {
  return Math.max(clock.now() - since.wall, clock.monotonic() - since.monotonic)
}
