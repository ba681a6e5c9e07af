/** So many ids that Postgres does not have are remembered, for so many milliseconds. */
const MOST = 10_000
const KEPT_MS = 1000

/** Ids that Postgres has just said not to have: a process does not ask for them again and again. Decision 033. */
export function createAbsentPosts(elapsed: () => number) {
  const until = new Map<string, number>()
  return {
    has: (postId: string): boolean => until.size > 0 && (until.get(postId) ?? 0) > elapsed(),
    add(postId: string): void {
      if (until.size >= MOST) until.delete(until.keys().next().value!)
      until.set(postId, elapsed() + KEPT_MS)
    },
  }
}

export type AbsentPosts = ReturnType<typeof createAbsentPosts>
