/** Makes so many calls, never more than `inFlight` of them at once. */
export async function inFlight(limit: number, calls: number, call: () => Promise<unknown>): Promise<void> {
  let left = calls
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: limit }, worker))
}
