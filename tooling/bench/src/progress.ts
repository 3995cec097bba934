/** A line on standard error that says what is going on: overwritten on a terminal, one every few seconds elsewhere. */
export function progressLine(name: string): { show(text: string): void; clear(): void } {
  const { isTTY } = process.stderr
  let last = 0
  return {
    show(text) {
      if (isTTY) {
        process.stderr.write(`\r\u001b[2K${name}: ${text}`)
      } else if (performance.now() - last > 5000) {
        last = performance.now()
        process.stderr.write(`${name}: ${text}\n`)
      }
    },
    clear() {
      if (isTTY) process.stderr.write('\r\u001b[2K')
    },
  }
}
