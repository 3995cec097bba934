import type { Emit } from './events.ts'
import type { Layer } from './layer.ts'

const DAY = 24 * 60 * 60 * 1000
const THRESHOLDS = [1, 7, 14, 30]
// How often a request looks at the calendar, ms.
const EVERY = 60_000

/** Whole days until a certificate ends. */
export function daysLeft(end: number, now: number): number {
  return Math.floor((end - now) / DAY)
}

/** Reports certificates that end soon, once for each threshold; `undefined` where there is none to watch. */
export function certificateWatch(
  layers: readonly Layer[],
  clock: { now(): number },
  emit: Emit | undefined,
): (() => void) | undefined {
  const watched = layers.filter(({ certificateEnd }) => certificateEnd !== undefined)
  if (emit === undefined || watched.length === 0) return undefined
  const told = new Map<Layer, string>()
  let nextLook = Number.NEGATIVE_INFINITY
  return () => {
    const now = clock.now()
    if (now < nextLook) return
    for (const layer of watched) {
      const end = layer.certificateEnd?.()
      // An identity that is a function has not been asked for yet: look again with the next request.
      if (end === undefined) continue
      nextLook = now + EVERY
      const days = daysLeft(end, now)
      const threshold = THRESHOLDS.find((most) => end - now <= most * DAY)
      const notice = `${end} ${threshold}`
      if (threshold === undefined || told.get(layer) === notice) continue
      told.set(layer, notice)
      emit({ type: 'certificate-expiring', expiresAt: end, daysLeft: days })
    }
  }
}
