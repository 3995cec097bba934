import type { CarrierId } from '@auth/core/carriers'
import type { RateLimit } from './rate-limits.ts'

/** What a carrier documents beyond the `budget` of its profile, which is a client's share of it. */
export interface Quotas {
  /** Token requests; in place of the profile's budget. */
  readonly token?: readonly RateLimit[]
  /** Whether each remote address has the token limits for itself. Default: they are for all together. */
  readonly perAddress?: boolean
  /** API calls of an account. */
  readonly api?: readonly RateLimit[]
}

const [SECOND, MINUTE, DAY] = [1000, 60_000, 86_400_000]

/** From `about.limits` of the carriers' descriptions, as far as they give numbers. */
export const QUOTAS: Readonly<Partial<Record<CarrierId, Quotas>>> = {
  fedex: {
    // 3 a second for 5 seconds, 1 a second for 120 seconds.
    token: [
      { count: 15, per: 5 * SECOND },
      { count: 120, per: 120 * SECOND },
    ],
    perAddress: true,
    api: [{ count: 1400, per: 10 * SECOND }],
  },
  'gls-group': { token: [{ count: 100_000, per: DAY }] },
  bring: { api: [{ count: 18, per: SECOND }] },
  shipengine: { api: [{ count: 200, per: MINUTE }] },
  shipstation: { api: [{ count: 200, per: MINUTE }] },
  shippo: { api: [{ count: 500, per: MINUTE }] },
}
