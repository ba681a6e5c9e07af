/**
 * The result of `look`, asked for at most once in `forMs` milliseconds: a crowd shares one call. A failure is not kept.
 */
export function sharedLook<T>(look: () => Promise<T>, forMs: number): () => Promise<T> {
  let kept: { result: Promise<T>; at: number } | undefined
  return () => {
    if (kept && performance.now() - kept.at < forMs) return kept.result
    const current = { result: look(), at: performance.now() }
    kept = current
    current.result.catch(() => {
      if (kept === current) kept = undefined
    })
    return current.result
  }
}
