/**
 * One run of `work` at a time: who asks during one shares the run that follows, which sees what they have done. The answer
 * is that of the run that began after the call.
 */
export function shareRuns<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  let next: Promise<T> | undefined
  const begin = () => {
    next = undefined
    running = work().finally(() => {
      running = undefined
    })
    return running
  }
  return () => {
    if (!running) return begin()
    // Also after a run that failed.
    next ??= running.then(begin, begin)
    return next
  }
}
