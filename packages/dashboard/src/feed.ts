import type { ServerResponse } from 'node:http'
import type { AuthEvent, Strategy } from '@auth/core'
import { count, newTally, type Row, rowOf, type Tally } from './snapshot.ts'

/** The live state of the page: what has happened, and who is watching. */
export interface Feed {
  /** Takes an event of a strategy. */
  onEvent(event: AuthEvent): void
  strategies(): readonly Strategy[]
  rows(): Row[]
  /** Keeps the connection open and sends what happens. */
  watch(response: ServerResponse): void
}

export interface FeedOptions {
  strategies(): readonly Strategy[]
  /** Whether actions are allowed, and whether there is a sandbox: the page shows its buttons by it. */
  readonly features: Readonly<Record<string, boolean>>
  /** What the page shows beside the accounts; asked for each second while somebody is watching. */
  extra?(): object | undefined
}

const KEPT_EVENTS = 500
const MOST_WATCHERS = 32
// How often, in ms, what has changed is sent.
const FLUSH = 200
const EXTRA = 1000
const HEARTBEAT = 15_000

export function feed({ strategies, features, extra }: FeedOptions): Feed {
  const events: (AuthEvent & { readonly key: number })[] = []
  const tallies = new Map<string, Tally>()
  const watchers = new Set<ServerResponse>()
  const dirty = new Set<string>()
  let fresh: (AuthEvent & { readonly key: number })[] = []
  let nextKey = 0
  let known = 0
  let flushTimer: NodeJS.Timeout | undefined
  let ticker: NodeJS.Timeout | undefined
  let lastExtra = ''
  let lastBeat = 0

  const tallyOf = (id: string): Tally => {
    const tally = tallies.get(id) ?? newTally()
    tallies.set(id, tally)
    return tally
  }
  const rows = (): Row[] => strategies().map((strategy, index) => rowOf(strategy, index, tallyOf(strategy.id)))

  const send = (type: string, data: unknown): void => {
    const text = `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
    for (const watcher of watchers) {
      // One who does not read is let go: its buffer would grow without an end.
      if (watcher.writableLength > 4 * 1024 * 1024) watcher.destroy()
      else watcher.write(text)
    }
  }

  const flush = (): void => {
    flushTimer = undefined
    const all = strategies()
    // A list that has grown or shrunk is sent whole.
    if (all.length !== known) send('rows', { all: true, rows: rows() })
    else {
      const changed = all.flatMap((strategy, index) =>
        dirty.has(strategy.id) ? [rowOf(strategy, index, tallyOf(strategy.id))] : [],
      )
      if (changed.length > 0) send('rows', { all: false, rows: changed })
    }
    known = all.length
    dirty.clear()
    if (fresh.length > 0) send('events', fresh)
    fresh = []
  }

  const schedule = (): void => {
    if (watchers.size === 0 || flushTimer !== undefined) return
    flushTimer = setTimeout(flush, FLUSH)
    flushTimer.unref()
  }

  const tick = (): void => {
    if (strategies().length !== known) schedule()
    const text = JSON.stringify(extra?.() ?? {})
    if (text !== lastExtra) {
      lastExtra = text
      send('extra', JSON.parse(text))
    }
    if (Date.now() - lastBeat > HEARTBEAT) {
      lastBeat = Date.now()
      for (const watcher of watchers) watcher.write(': still here\n\n')
    }
  }

  return {
    strategies,
    rows,
    onEvent(event) {
      count(tallyOf(event.id), event)
      const kept = { ...event, key: nextKey++ }
      events.push(kept)
      if (events.length > KEPT_EVENTS) events.shift()
      if (watchers.size === 0) return
      fresh.push(kept)
      // In a storm the page gets the newest ones.
      if (fresh.length > KEPT_EVENTS) fresh.shift()
      dirty.add(event.id)
      schedule()
    },
    watch(response) {
      if (watchers.size >= MOST_WATCHERS) {
        response.writeHead(503, { 'retry-after': '30' }).end()
        return
      }
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // Proxies such as nginx would hold the stream back.
        'x-accel-buffering': 'no',
      })
      watchers.add(response)
      known = strategies().length
      const hello = { now: Date.now(), features, rows: rows(), events, extra: extra?.() ?? {} }
      response.write(`event: hello\ndata: ${JSON.stringify(hello)}\n\n`)
      ticker ??= setInterval(tick, EXTRA).unref()
      response.on('error', () => {})
      response.once('close', () => {
        watchers.delete(response)
        if (watchers.size > 0) return
        clearInterval(ticker)
        clearTimeout(flushTimer)
        ticker = flushTimer = undefined
        dirty.clear()
        fresh = []
      })
    },
  }
}
