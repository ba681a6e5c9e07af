/** The outcome of `work`, or of `late` once `ms` have passed; infinity: however long it takes. `work` goes on then. */
export function withTimeout<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  if (ms === Number.POSITIVE_INFINITY) return work
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      try {
        resolve(late())
      } catch (error) {
        reject(error)
      }
    }, ms)
    work.then(
      value => {
        clearTimeout(timer)
        resolve(value)
      },
      error => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}
