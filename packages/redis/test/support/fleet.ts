import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Order, Report, Setting } from './orders.ts'

export interface FleetProcess {
  readonly pid: number
  /** Has an order carried out. */
  ask(order: Order): Promise<Report>
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
}

export interface Fleet {
  readonly processes: readonly FleetProcess[]
  /** Has all carry out an order at once. */
  ask(order: Order): Promise<Report[]>
  end(): Promise<void>
}

const program = fileURLToPath(new URL('process.ts', import.meta.url))

/** Starts so many processes, and waits until each is ready. */
export async function startFleet(size: number, setting: Setting): Promise<Fleet> {
  const children = Array.from({ length: size }, () =>
    fork(program, [JSON.stringify(setting)], { execArgv: ['--conditions=@auth/source'], stdio: 'inherit' }),
  )
  const processes = await Promise.all(children.map(member))
  return {
    processes,
    ask: (order) => Promise.all(processes.map((one) => one.ask(order))),
    async end() {
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return
          const gone = once(child, 'exit')
          child.kill('SIGKILL')
          await gone
        }),
      )
    },
  }
}

async function member(child: ChildProcess): Promise<FleetProcess> {
  const waiting = new Map<number, (report: Report) => void>()
  let orders = 0
  const ready = new Promise((resolve) => waiting.set(0, resolve))
  child.on('message', ({ id, report }: { id: number; report: Report }) => {
    waiting.get(id)?.(report)
    waiting.delete(id)
  })
  await ready
  return {
    pid: child.pid as number,
    ask(order) {
      const id = ++orders
      const report = new Promise<Report>((resolve) => waiting.set(id, resolve))
      child.send({ id, order })
      return report
    },
    signal: (name) => void child.kill(name),
  }
}
