import { readdirSync } from 'node:fs'
import type { Benchmark } from './benchmark.ts'

const directory = new URL('benchmarks/', import.meta.url)

/** Every file in `benchmarks/` is a benchmark, in the order in which they are read. */
const ORDER = ['attach', 'clients', 'storms', 'verify', 'growth', 'start-up']

export function names(): string[] {
  const found = readdirSync(directory).map((file) => file.replace(/\.ts$/, ''))
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  return found.sort((a, b) => place(a) - place(b) || a.localeCompare(b))
}

export async function load(name: string): Promise<Benchmark> {
  const module = (await import(new URL(`${name}.ts`, directory).href)) as { benchmark: Benchmark }
  return module.benchmark
}
