/** One question that is answered by measuring; its file in `benchmarks/` exports it as `benchmark`. */
export interface Benchmark {
  readonly title: string
  /** What is measured, and how: a paragraph of the report. */
  readonly method: string
  run(run: Run): Promise<Outcome>
}

/** How a benchmark is run. */
export interface Run {
  /** A few seconds in place of minutes: proves that it works, says little about figures. */
  readonly quick: boolean
  /** Says what is going on. */
  progress(text: string): void
}

export interface Outcome {
  readonly tables: readonly Table[]
  readonly goals: readonly Goal[]
}

export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** What the reader must know to read the figures. */
  readonly notes?: readonly string[]
  /** The samples that the figures were made of, by row. */
  readonly samples?: Readonly<Record<string, unknown>>
}

export type Cell = string | number

/** A figure that was promised. */
export interface Goal {
  readonly text: string
  readonly figure: string
  readonly met: boolean
  /** Why it is missed, where it cannot be helped. */
  readonly why?: string
}
