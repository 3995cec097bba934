import { useState } from 'preact/hooks'
import { type LiveEvent, paused, selectedRow, togglePause } from '../live.ts'
import { clockTime, eventWords } from '../words.ts'

const SHOWN = 200

/** The last events in words, newest first. */
export function Events({ all }: { readonly all: readonly LiveEvent[] }) {
  const [mine, setMine] = useState(false)
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const shown = all
    .filter(({ id }) => !mine || id === selectedRow.value?.id)
    .map((event) => ({ event, ...eventWords(event) }))
    .filter(({ event, text: words }) => wanted === '' || `${event.id} ${words}`.toLowerCase().includes(wanted))
    .slice(-SHOWN)
    .reverse()
  return (
    <section class="events" aria-label="Events">
      <div class="tools">
        <h2>Events</h2>
        <button type="button" aria-pressed={paused.value} onClick={togglePause}>
          {paused.value ? 'Resume' : 'Pause'}
        </button>
      </div>
      <div class="tools">
        <input
          type="search"
          aria-label="Filter events"
          placeholder="Filter"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <label>
          <input type="checkbox" checked={mine} onChange={(event) => setMine(event.currentTarget.checked)} /> this
          account
        </label>
      </div>
      {shown.length === 0 ? (
        <p class="hint">Nothing has happened yet.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        <ol tabIndex={0} aria-label="Events, newest first">
          {shown.map(({ event, text: words, tone }) => (
            <li key={event.key}>
              <time dateTime={new Date(event.at).toISOString()}>{clockTime(event.at)}</time>
              <span class={`dot ${tone}`} aria-hidden="true" />
              <span>
                <b>{event.id}</b> {words}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
