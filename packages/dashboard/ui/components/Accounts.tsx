import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef } from 'preact/hooks'
import { found, now, rows, search, selected } from '../live.ts'
import { stateWords } from '../words.ts'

/** The list of accounts; only those in sight are in the page, so that thousands stay usable. */
export function Accounts() {
  const scroller = useRef<HTMLDivElement>(null)
  const shown = found.value
  const list = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 52,
    overscan: 8,
  })
  return (
    <section class="accounts" aria-label="Accounts">
      <label class="search">
        <span class="sr-only">Search accounts</span>
        <input
          type="search"
          placeholder={`Search ${rows.value.length} accounts`}
          value={search.value}
          onInput={(event) => {
            search.value = event.currentTarget.value
          }}
        />
      </label>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <section class="scroller" ref={scroller} tabIndex={0} aria-label="List of accounts">
        <ul style={{ height: `${list.getTotalSize()}px`, position: 'relative' }}>
          {list.getVirtualItems().map((item) => {
            const row = shown[item.index]
            if (row === undefined) return null
            const { text, tone } = stateWords(row, now.value)
            return (
              <li
                key={row.index}
                aria-setsize={shown.length}
                aria-posinset={item.index + 1}
                class="row"
                style={{ transform: `translateY(${item.start}px)`, height: `${item.size}px` }}
              >
                <button
                  type="button"
                  aria-current={selected.value === row.index ? 'true' : undefined}
                  onClick={() => {
                    selected.value = row.index
                  }}
                >
                  <span class={`dot ${tone}`} aria-hidden="true" />
                  <span class="id">{row.id}</span>
                  <span class="state">{text}</span>
                </button>
              </li>
            )
          })}
        </ul>
      </section>
      {shown.length === 0 && rows.value.length > 0 && <p class="hint">No account matches.</p>}
    </section>
  )
}
