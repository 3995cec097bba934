import { hastyClock, type ManualClock } from '@auth/test-kit/clock'

export type TestClock = ManualClock

/** A clock that stands until it is told to go on, from now: certificates and tokens of other programs are of now. */
export const testClock = (): TestClock => hastyClock(Date.now())
