import { type Child, startChild } from '../loopback/child.ts'
import type { PairAnswer, PairQuestion } from './pair-process.ts'

/** Times a client in both of its ways, in a process that has seen no other client. */
export async function measurePair(question: PairQuestion): Promise<PairAnswer> {
  const process: Child<PairQuestion, PairAnswer> = startChild(new URL('./pair-process.ts', import.meta.url))
  try {
    return await process.ask(question)
  } finally {
    await process.close()
  }
}
