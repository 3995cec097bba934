import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A process that answers questions: each answer carries the `id` of its question. */
export interface Child<Question, Answer> {
  ask(question: Question): Promise<Answer>
  /** Lets it end. */
  close(): Promise<void>
}

/** Starts a module of this package as a process of its own. */
export function startChild<Question extends object, Answer extends object>(module: URL): Child<Question, Answer> {
  const child = fork(module, { execArgv: [] })
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  let questions = 0
  child.on('message', (answer: Answer & { id: number }) => {
    waiting.get(answer.id)?.resolve(answer)
    waiting.delete(answer.id)
  })
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${module.pathname} has ended with ${code}`))
  })
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const id = questions++
        waiting.set(id, { resolve, reject })
        child.send({ ...question, id })
      }),
    async close() {
      if (child.exitCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
