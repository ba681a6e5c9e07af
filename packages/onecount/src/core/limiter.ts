/** Runs work of a given weight, as much at once as `capacity` allows; the rest waits in the order it came. */
export type Limiter = <T>(weight: number, work: () => Promise<T>) => Promise<T>

/** Work that is heavier than the whole capacity runs alone. */
export function createLimiter(capacity: number): Limiter {
  let taken = 0
  const waiting: { weight: number; start: () => void }[] = []

  const fits = (weight: number) => taken === 0 || taken + weight <= capacity
  function next(): void {
    while (waiting.length > 0 && fits(waiting[0]!.weight)) {
      const { weight, start } = waiting.shift()!
      taken += weight
      start()
    }
  }

  return async (weight, work) => {
    await new Promise<void>(start => {
      waiting.push({ weight, start })
      next()
    })
    try {
      return await work()
    } finally {
      taken -= weight
      next()
    }
  }
}
