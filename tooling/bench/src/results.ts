import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Outcome } from './benchmark.ts'
import type { Machine } from './machine.ts'

/** What one run of one benchmark has found. */
export interface Result extends Outcome {
  readonly name: string
  readonly title: string
  readonly method: string
  /** ISO 8601. */
  readonly at: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
}

const directory = fileURLToPath(new URL('../results/', import.meta.url))

export function writeResult(result: Result): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(`${directory}${result.name}.json`, `${JSON.stringify(result, rounded, 1).replace(NUMBERS, inline)}\n`)
}

export function readResults(): Result[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(directory + file, 'utf8')) as Result)
}

const rounded = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value

// A sample on a line of its own: a file of one number a line tells nobody anything.
const NUMBERS = /\[\s+(-?[\d.e+-]+,?\s+)+\]/g
const inline = (list: string): string => list.replace(/\s+/g, ' ')
