export interface PauseTimer {
  /** Something happened: the time starts again. */
  touch(): void
  stop(): void
}

/** Calls `onEnd` once nothing has happened for `ms`. Keeps no process alive. */
export function pauseTimer(ms: number, onEnd: () => void): PauseTimer {
  let stopped = false
  const timer = setTimeout(() => {
    stopped = true
    onEnd()
  }, ms).unref()
  return {
    touch() {
      if (!stopped) timer.refresh()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
