/**
 * Lets the time that programs read run faster: an hour's token then ends in half a minute, within reach of its keepers'
 * own windows. Timers stay as they are. Import nothing that reads a clock before this has been called.
 */
export function speedUp(factor: number): { realNow(): number } {
  const real = performance.now.bind(performance)
  const start = real()
  const epoch = Date.now()
  const elapsed = (): number => (real() - start) * factor
  const now = (): number => Math.round(epoch + elapsed())
  Object.defineProperty(performance, 'now', { value: () => start + elapsed() })
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
  return { realNow: real }
}
