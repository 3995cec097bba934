import { useState } from 'preact/hooks'
import { connection, events, features, rows, selectedRow } from '../live.ts'
import { AccountPanel } from './AccountPanel.tsx'
import { Accounts } from './Accounts.tsx'
import { Events } from './Events.tsx'
import { Matrix } from './Matrix.tsx'
import { SandboxPanel } from './SandboxPanel.tsx'

const CONNECTION = { connecting: 'connecting', live: 'live', lost: 'connection lost, trying again' }

export function App() {
  const [tab, setTab] = useState<'accounts' | 'matrix' | 'sandbox'>('accounts')
  const tabs = [
    { id: 'accounts', label: 'Accounts' },
    ...(features.value.matrix ? [{ id: 'matrix', label: 'Matrix' }] : []),
    ...(features.value.sandbox ? [{ id: 'sandbox', label: 'Sandbox' }] : []),
  ] as const
  return (
    <>
      <header class="top">
        <h1>Carrier accounts</h1>
        {tabs.length > 1 && (
          <nav aria-label="Views">
            {tabs.map(({ id, label }) => (
              <button
                key={id}
                type="button"
                aria-current={tab === id ? 'page' : undefined}
                onClick={() => setTab(id as typeof tab)}
              >
                {label}
              </button>
            ))}
          </nav>
        )}
        <p class={`connection ${connection.value}`} role="status">
          {CONNECTION[connection.value]}
        </p>
      </header>
      {tab === 'matrix' ? (
        <main class="single">
          <Matrix />
        </main>
      ) : tab === 'sandbox' ? (
        <main class="single">
          <SandboxPanel />
        </main>
      ) : (
        <main class="accounts-view">
          <Accounts />
          <section class="account" aria-label="Selected account">
            {selectedRow.value === undefined ? (
              <p class="hint">
                {rows.value.length === 0
                  ? 'There are no strategies yet. Those that are given to the dashboard appear here.'
                  : 'Choose an account.'}
              </p>
            ) : (
              <AccountPanel row={selectedRow.value} />
            )}
          </section>
          <Events all={events.value} />
        </main>
      )}
    </>
  )
}
