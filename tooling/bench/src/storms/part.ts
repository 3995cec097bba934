import type { Goal, Table } from '../benchmark.ts'

/** One storm: what it did, and what was promised. */
export interface Part {
  readonly table: Table
  readonly goal: Goal
}

export const OURS = '@auth/core'
