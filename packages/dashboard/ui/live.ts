import type { AuthEvent } from '@auth/core'
import { computed, signal } from '@preact/signals'
import type { MatrixCell } from '../src/dashboard.ts'
import type { Row } from '../src/snapshot.ts'

/** An event as the server sends it: `key` tells two apart. */
export type LiveEvent = AuthEvent & { readonly key: number }

const MOST_EVENTS = 500

export const connection = signal<'connecting' | 'live' | 'lost'>('connecting')
export const rows = signal<readonly Row[]>([])
export const events = signal<readonly LiveEvent[]>([])
export const features = signal({ actions: false, sandbox: false, matrix: false })
export const matrix = signal<readonly MatrixCell[]>([])
/** The server's time, epoch ms, moved on by this page's clock. */
export const now = signal(Date.now())
export const selected = signal<number | undefined>(undefined)
export const paused = signal(false)
export const search = signal('')

/** The accounts that the search leaves. */
export const found = computed(() => {
  const wanted = search.value.trim().toLowerCase()
  return wanted === ''
    ? rows.value
    : rows.value.filter(({ id, origins }) => [id, ...origins].some((text) => text.toLowerCase().includes(wanted)))
})
export const selectedRow = computed(() => rows.value.find(({ index }) => index === selected.value))

/** What arrived while the list of events was held still. */
let held: LiveEvent[] = []
let ahead = 0

export function connect(): void {
  const source = new EventSource('events')
  const on = <T>(type: string, use: (data: T) => void): void =>
    source.addEventListener(type, (message) => use(JSON.parse((message as MessageEvent<string>).data) as T))

  source.addEventListener('error', () => {
    connection.value = 'lost'
  })
  on<{ now: number; features: typeof features.value; rows: Row[]; events: LiveEvent[]; extra: Extra }>(
    'hello',
    (hello) => {
      connection.value = 'live'
      ahead = hello.now - Date.now()
      features.value = hello.features
      rows.value = hello.rows
      events.value = hello.events
      held = []
      takeExtra(hello.extra)
      selected.value ??= hello.rows[0]?.index
    },
  )
  on<{ all: boolean; rows: Row[] }>('rows', ({ all, rows: changed }) => {
    if (all) {
      rows.value = changed
      return
    }
    const byIndex = new Map(changed.map((row) => [row.index, row]))
    rows.value = rows.value.map((row) => byIndex.get(row.index) ?? row)
  })
  on<LiveEvent[]>('events', (fresh) => {
    if (paused.value) held = [...held, ...fresh].slice(-MOST_EVENTS)
    else events.value = [...events.value, ...fresh].slice(-MOST_EVENTS)
  })
  on<Extra>('extra', takeExtra)
  setInterval(() => {
    now.value = Date.now() + ahead
  }, 500)
}

interface Extra {
  readonly matrix?: readonly MatrixCell[]
}

function takeExtra(extra: Extra): void {
  matrix.value = extra.matrix ?? []
}

export function togglePause(): void {
  paused.value = !paused.value
  if (paused.value) return
  events.value = [...events.value, ...held].slice(-MOST_EVENTS)
  held = []
}

/** Asks the server to do something; yields what went wrong, in words. */
export async function post(path: string, body: object): Promise<string | undefined> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { detail } = (await response.json()) as { detail?: string }
    return response.ok ? undefined : (detail ?? `status ${response.status}`)
  } catch {
    return 'the server does not answer'
  }
}
