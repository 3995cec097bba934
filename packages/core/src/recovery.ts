import type { Clock } from './clock.ts'
import type { Emit } from './events.ts'
import type { AuthRequest, Layer } from './layer.ts'
import { isThenable } from './lib/maybe-promise.ts'
import { pathOf } from './lib/path-of.ts'
import { type ApiAnswer, judge, type RecoverOn } from './recover-on.ts'
import { type RefusedPaths, refusedPaths } from './refused-paths.ts'

/** Whether a request that was rejected is sent once more: every one, only safe methods, or none. */
export type Replay = 'all' | 'safe' | 'never'

export interface Recovery {
  recover(layers: readonly Layer[], sent: AuthRequest, answer: ApiAnswer): Promise<boolean>
  /** Forgets where fresh tokens were refused. */
  clear(): void
}

// RFC 9110 section 9.2.1, and QUERY, which is a GET with a body (draft-ietf-httpbis-safe-method-w-body).
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])
const REFUSED_FRESH =
  'a fresh token was rejected for this path as well: the account may lack the product, or the path be wrong'

/** What a strategy does about an answer that rejects its credentials. */
export function recovery(options: {
  readonly recoverOn: readonly RecoverOn[]
  readonly replay: Replay
  readonly hint: string | undefined
  readonly clock: Clock
  readonly emit: Emit | undefined
}): Recovery {
  const { replay, hint, clock, emit } = options
  const rejects = judge(options.recoverOn, clock)
  const refused = refusedPaths(() => clock.now())
  const mayReplay = ({ method }: AuthRequest): boolean =>
    replay === 'all' || (replay === 'safe' && SAFE.has(method.toUpperCase()))

  return {
    async recover(layers, sent, answer) {
      const rejected = rejects(answer)
      if (!(isThenable(rejected) ? await rejected : rejected)) return false
      if (answer.replayed === true) {
        for (const layer of layers) await afterReplay(layer, sent, refused)
        const known = layers.some((layer) => refused.has(layer, sent))
        tellOf(
          emit,
          sent,
          answer.status,
          false,
          withHint(known ? REFUSED_FRESH : 'it was sent once more already', hint),
        )
        return false
      }
      const replayable = mayReplay(sent)
      const lost = sent.signal?.aborted === true || !replayable
      // Every layer is asked, whatever the first says: each drops what it knows to be rejected. One that fails has no
      // other credential: the answer is then handed over as it was.
      const outcomes = await Promise.allSettled(
        layers.map(async (layer) => {
          const times = layer.tokenTimes?.(sent)
          if (times !== undefined) {
            refused.note(layer, sent, times, lost ? 'not-replayable' : 'first')
            if (refused.has(layer, sent)) return 'known'
          }
          return (await layer.recover?.(sent)) === true
        }),
      )
      const found = outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value)
      const recovered = found.includes(true)
      const reason = (): string => {
        if (recovered) return replayable ? 'the credential was replaced' : `replay is '${replay}'`
        if (found.includes('known')) return withHint(REFUSED_FRESH, hint)
        if (sent.signal?.aborted) return 'the request is not sent again'
        // Of a request that carries what another layer attached; without any, nobody asks.
        const attached = Object.keys(sent.headers)
        const own = layers.map(({ header }) => header).find((header) => header && !attached.includes(header))
        if (own !== undefined && attached.length > 0) return `the caller's own ${own} header was used`
        return withHint('no other credential is to be had', hint)
      }
      tellOf(emit, sent, answer.status, recovered && replayable, reason)
      return recovered && replayable
    },

    clear: () => refused.clear(),
  }
}

/** Nobody asks for another token after the second answer; one that was old already is dropped, for the next request. */
async function afterReplay(layer: Layer, sent: AuthRequest, refused: RefusedPaths): Promise<void> {
  const times = layer.tokenTimes?.(sent)
  if (times === undefined) return
  if (!refused.note(layer, sent, times, 'replay')) return
  await Promise.resolve(layer.recover?.({ ...sent, signal: AbortSignal.abort() })).catch(() => false)
}

function withHint(reason: string, hint: string | undefined): string {
  return hint === undefined ? reason : `${reason}. ${hint}`
}

function tellOf(
  emit: Emit | undefined,
  sent: AuthRequest,
  status: number,
  recovered: boolean,
  reason: string | (() => string),
): void {
  if (emit === undefined) return
  const path = pathOf(sent.url)
  emit({
    type: 'challenged',
    method: sent.method,
    path,
    status,
    recovered,
    reason: typeof reason === 'string' ? reason : reason(),
  })
}
