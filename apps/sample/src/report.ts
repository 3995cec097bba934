import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import type { Carrier } from './carrier.ts'
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
      const who = `${first.carrier.id.padEnd(26)}${first.client.id.padEnd(8)}`
      out.write(`${out.isTTY ? CLEAR_LINE : ''}  ${who}${verdict}, ${Math.round(ms)} ms\n`)
    },
  }
}

/** A line for a carrier: whether each client did as it should, and what it cost. */
export function summaryLine(out: Output, own: readonly Cell[], { tokenRequests, apiCalls }: Traffic): void {
  const clients = [...new Set(own.map((cell) => cell.client))].map((client) => {
    const right = own.every((cell) => cell.client !== client || isRight(cell))
    return paint(out, right ? 'green' : 'red', `${right ? '✓' : '✗'} ${client.id}`.padEnd(8))
  })
  const cost = paint(out, 'dim', `${tokenRequests} tokens, ${apiCalls} calls`)
  const id = own[0]?.carrier.id ?? ''
  out.write(`${out.isTTY ? CLEAR_LINE : ''}${id.padEnd(26)}${clients.join(' ')}  ${cost}\n`)
}

/** The cells as JSON, for machines. */
export function asJson(out: Output, cells: readonly Cell[], trafficOf: (carrier: Carrier) => Traffic): void {
  const carriers = [...new Set(cells.map((cell) => cell.carrier))].map((carrier) => ({
    id: carrier.id,
    ...trafficOf(carrier),
    cells: cells
      .filter((cell) => cell.carrier === carrier)
      .map((cell) => ({
        client: cell.client.id,
        label: cell.label,
        expected: cell.expected,
        result: cell.outcome.result,
        right: isRight(cell),
      })),
  }))
  out.write(`${JSON.stringify({ right: cells.every(isRight), carriers }, null, 2)}\n`)
}

/** Writes the cells as one table: a block for each carrier, a row for each thing tried, a column for each client. */
export function matrix(out: Output, cells: readonly Cell[], trafficOf: (carrier: Carrier) => Traffic): void {
  for (const carrier of new Set(cells.map((cell) => cell.carrier))) {
    const own = cells.filter((cell) => cell.carrier === carrier)
    const clients = [...new Set(own.map((cell) => cell.client))]
    const heading = clients.map(({ id }) => id.padEnd(CELL_WIDTH)).join('')
    out.write(
      `\n${paint(out, 'bold', carrier.title.slice(0, LABEL_WIDTH - 1).padEnd(LABEL_WIDTH))}${paint(out, 'dim', heading.trimEnd())}\n`,
    )
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
export function verdict(out: Output, cells: readonly Cell[], legend = true): void {
  out.write(legend ? `\n${paint(out, 'dim', LEGEND)}\n` : '\n')
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
rejected  the token endpoint rejected the credentials, no call was made
refused   the same, or a status of the API that means it
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
