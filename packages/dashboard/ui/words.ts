import type { Row } from '../src/snapshot.ts'
import type { LiveEvent } from './live.ts'

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle'

/** The state of an account in words, with the time that matters. */
export interface StateWords {
  readonly text: string
  readonly tone: Tone
}

/** Seconds until a time, never below zero. */
export function secondsUntil(time: number, now: number): number {
  return Math.max(0, Math.ceil((time - now) / 1000))
}

/** Words for one layer, or `undefined` for one that holds no token. */
function layerWords(layer: Row['layers'][number], now: number): StateWords | undefined {
  const { state, blockedUntil, expiresAt } = layer
  const blocked = blockedUntil !== undefined && blockedUntil > now ? ` for ${secondsUntil(blockedUntil, now)} s` : ''
  switch (state) {
    case 'rejected':
      return { text: `credentials rejected, refused locally${blocked}`, tone: 'bad' }
    case 'throttled':
      return { text: `throttled${blocked}`, tone: 'warn' }
    case 'refreshing':
      return { text: 'refreshing', tone: 'busy' }
    case 'expired':
      return { text: 'token expired', tone: 'warn' }
    case 'fresh':
      if (expiresAt !== undefined && expiresAt <= now) return { text: 'token expired', tone: 'warn' }
      return { text: `token valid for ${secondsUntil(expiresAt ?? now, now)} s`, tone: 'good' }
    case 'empty':
      return { text: 'no token yet', tone: 'idle' }
    default:
      return undefined
  }
}

const GRAVEST: readonly Tone[] = ['bad', 'warn', 'busy', 'idle', 'good']

/** The gravest of an account's layers speaks for it. */
export function stateWords({ layers, problem, store }: Row, now: number): StateWords {
  if (problem !== undefined) return { text: `status() failed (${problem})`, tone: 'bad' }
  const words = layers.map((layer) => layerWords(layer, now)).filter((word) => word !== undefined)
  words.sort((a, b) => GRAVEST.indexOf(a.tone) - GRAVEST.indexOf(b.tone))
  const first = words[0] ?? { text: 'credentials on every call, no token', tone: 'good' as const }
  return store === 'failing' && first.tone !== 'bad' ? { text: `${first.text}; store down`, tone: 'warn' } : first
}

const REASONS: Readonly<Record<string, string>> = {
  cold: 'there was none yet',
  expired: 'the old one had ended',
  'refresh-ahead': 'the old one ends soon',
  rejected: 'the API rejected the old one',
  reset: 'somebody reset the account',
}

/** An event in a sentence. Events that this page does not know are named. */
export function eventWords(event: LiveEvent): { text: string; tone: Tone } {
  switch (event.type) {
    case 'token-requested': {
      const attempt = event.attempt > 1 ? `, attempt ${event.attempt}` : ''
      return { text: `Token requested because ${REASONS[event.reason] ?? event.reason}${attempt}`, tone: 'busy' }
    }
    case 'token-issued':
      return { text: `Token issued for ${seconds(event.lifetime)} after ${Math.round(event.tookMs)} ms`, tone: 'good' }
    case 'token-shared':
      return { text: 'Token taken from the store: another process had requested it', tone: 'good' }
    case 'token-request-failed':
      return { text: `Token request failed: ${event.message}`, tone: 'bad' }
    case 'token-request-blocked':
      return { text: `Token request refused locally until ${clockTime(event.retryAt)}; nothing was sent`, tone: 'warn' }
    case 'token-rejected':
      return { text: 'The API rejected the token', tone: 'warn' }
    case 'token-request-queued':
      return {
        text: `Token request waits for its turn within the limits, until ${clockTime(event.startsAt)}`,
        tone: 'busy',
      }
    case 'store-failed':
      return { text: `The store failed (${event.operation}): ${event.message}`, tone: 'bad' }
    case 'store-recovered':
      return { text: `The store answers again, after ${event.failures} failures`, tone: 'good' }
    case 'store-missed':
      return { text: 'The store had forgotten this account', tone: 'warn' }
    case 'challenged':
      return {
        text: `The API answered ${event.status}: ${event.recovered ? 'sent once more' : 'handed over'}, ${event.reason}`,
        tone: event.recovered ? 'warn' : 'bad',
      }
    case 'origin-untrusted':
      return {
        text: `A call to ${event.origin} went out without credentials: it is not a trusted origin`,
        tone: 'warn',
      }
    case 'caller-header-used':
      return {
        text: `${event.method} ${event.path} went out with the caller's own ${event.header} header`,
        tone: 'warn',
      }
    case 'certificate-expiring':
      return {
        text: `The client certificate ends in ${event.daysLeft} days`,
        tone: event.daysLeft <= 7 ? 'bad' : 'warn',
      }
    case 'reset':
      return { text: 'The account was reset', tone: 'idle' }
    default: {
      const { type } = event as { type: string }
      return { text: type.replaceAll('-', ' '), tone: 'idle' }
    }
  }
}

export function clockTime(time: number): string {
  return new Date(time).toLocaleTimeString(undefined, { hour12: false })
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
