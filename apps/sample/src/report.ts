import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Carrier } from './carriers.ts'
import { type Cell, isRight } from './matrix.ts'

const LABEL_WIDTH = 32
const CELL_WIDTH = 11
const CLEAR_LINE = '\r\x1b[2K'

/** A terminal or a file; colours go to terminals only, and not where NO_COLOR is set. */
export type Output = Writable & { readonly isTTY?: boolean }

/** Traffic that one carrier has seen. */
export interface Traffic {
  readonly tokenRequests: number
  readonly apiCalls: number
}

/** Says what is going on: on a terminal the current call, everywhere a line for each client that is done. */
export interface Progress {
  start(cell: Pick<Cell, 'carrier' | 'client' | 'label'>): void
  done(cells: readonly Cell[], ms: number): void
}

export function progress(out: Output): Progress {
  return {
    start({ carrier, client, label }) {
      if (out.isTTY) out.write(`${CLEAR_LINE}  ${carrier.id}, ${client.id}: ${label}`.slice(0, 79 + CLEAR_LINE.length))
    },
    done(cells, ms) {
      const [first] = cells
      if (first === undefined) return
      const right = cells.filter(isRight).length
      const count = `${right} of ${cells.length} right`
      const verdict = right === cells.length ? count : paint(out, 'red', count)
      const who = `${first.carrier.id.padEnd(20)}${first.client.id.padEnd(8)}`
      out.write(`${out.isTTY ? CLEAR_LINE : ''}  ${who}${verdict}, ${Math.round(ms)} ms\n`)
    },
  }
}

/** Writes the cells as one table: a block for each carrier, a row for each thing tried, a column for each client. */
export function matrix(out: Output, cells: readonly Cell[], trafficOf: (carrier: Carrier) => Traffic): void {
  for (const carrier of new Set(cells.map((cell) => cell.carrier))) {
    const own = cells.filter((cell) => cell.carrier === carrier)
    const clients = [...new Set(own.map((cell) => cell.client))]
    const heading = clients.map(({ id }) => id.padEnd(CELL_WIDTH)).join('')
    out.write(`\n${paint(out, 'bold', carrier.title.padEnd(LABEL_WIDTH))}${paint(out, 'dim', heading.trimEnd())}\n`)
    for (const label of new Set(own.map((cell) => cell.label))) {
      const row = clients.map((client) => own.find((cell) => cell.client === client && cell.label === label))
      out.write(`  ${label.padEnd(LABEL_WIDTH - 2)}${row.map((cell) => written(out, cell)).join('')}`.trimEnd())
      out.write('\n')
    }
    const { tokenRequests, apiCalls } = trafficOf(carrier)
    const summary = `${tokenRequests} token requests for ${apiCalls} API calls`
    out.write(paint(out, 'dim', `  ${'in all'.padEnd(LABEL_WIDTH - 2)}${summary}\n`))
  }
}

/** Says what is wrong, cell by cell, and what the words of the table mean. */
export function verdict(out: Output, cells: readonly Cell[]): void {
  out.write(`\n${paint(out, 'dim', LEGEND)}\n`)
  const wrong = cells.filter((cell) => !isRight(cell))
  if (wrong.length === 0) {
    out.write(paint(out, 'green', `All ${cells.length} cells are right.\n`))
    return
  }
  out.write(paint(out, 'red', `${wrong.length} of ${cells.length} cells are wrong:\n`))
  for (const { carrier, client, label, expected, outcome } of wrong) {
    out.write(`  ${carrier.id}, ${client.id}, ${label}: expected ${expected}, got ${outcome.result}\n`)
    if (outcome.detail !== '') out.write(`    ${outcome.detail.replaceAll(/\s+/g, ' ')}\n`)
  }
}

const LEGEND = `TLS       the handshake was refused, no request arrived
rejected  the token endpoint refused the credentials, no call was made
numbers   HTTP statuses, and counts of token requests`

function written(out: Output, cell: Cell | undefined): string {
  if (cell === undefined) throw new Error('a cell of the matrix is empty')
  const right = isRight(cell)
  const text = `${right ? '✓' : '✗'} ${cell.outcome.result}`.padEnd(CELL_WIDTH)
  return paint(out, right ? 'green' : 'red', text)
}

function paint(out: Output, format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream: out })
}
