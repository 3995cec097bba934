import { TokenEndpointError } from '../errors.ts'
import { type Flight, realTime, takeOff } from './flight.ts'
import type { AccessToken } from './token-source.ts'

/** Makes one token request. `alive` says that work goes on; `isCurrent` whether its result is still wanted. */
export type Work = (alive: (ms: number) => void, isCurrent: () => boolean) => Promise<AccessToken>

/** The one token request that all callers wait for. */
export interface SharedFlight {
  /** The flight under way. One that has died is left behind. */
  underWay(): Flight | undefined
  start(work: Work, background: boolean): void
  /** Waits for a token, up to the deadline: on the flight under way, or on a new one that `prepare` gives the work of. */
  join(prepare: () => Work): Promise<AccessToken>
  /** Leaves the flight behind: its result goes to those who wait for it, and is not kept. */
  leave(): void
}

/**
 * @param deadline ms that a caller waits in all.
 * @param fresh The token at hand, which may have come while a caller waited.
 */
export function sharedFlight(deadline: number, fresh: () => AccessToken | undefined): SharedFlight {
  let flight: Flight | undefined

  function underWay(): Flight | undefined {
    if (flight?.isDead()) flight = undefined
    return flight
  }

  function begin(work: Work, background: boolean): Flight {
    const isCurrent = (): boolean => flight === own
    const whole = (alive: (ms: number) => void): Promise<AccessToken> =>
      work(alive, isCurrent).finally(() => {
        if (isCurrent()) flight = undefined
      })
    // Half of the time is left for a flight of the caller's own.
    const own = takeOff(whole, background, deadline / 2)
    flight = own
    return own
  }

  return {
    underWay,
    start: begin,
    async join(prepare) {
      const end = realTime() + deadline
      for (;;) {
        const own = underWay() ?? begin(prepare(), false)
        try {
          const outcome = await own.outcome(end)
          if (outcome === 'late') throw tooLate(deadline)
          if (outcome !== 'dead') return outcome
          if (flight === own) flight = undefined
          // Another caller may have replaced the dead flight, and have its token.
          const replaced = fresh()
          if (replaced !== undefined) return replaced
        } catch (error) {
          // A background refresh makes one attempt only. Callers who joined it get the usual number.
          if (!own.background || realTime() >= end) throw error
        }
      }
    },
    leave() {
      flight = undefined
    },
  }
}

function tooLate(deadline: number): TokenEndpointError {
  return new TokenEndpointError(
    'ERR_AUTH_TOKEN_ENDPOINT_UNAVAILABLE',
    `no token came within ${deadline} ms, the \`deadline\``,
    { retryable: true },
  )
}
