/** The outcome of `work`, unless it is not awaited any more: Ctrl-C does not wait for a store that does not answer. */
export const unlessStopped = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
