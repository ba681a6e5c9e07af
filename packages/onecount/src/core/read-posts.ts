import type { AbsentPosts } from './absent-posts'
import type { Partition } from './partition'
import { read, unknown } from './read'
import type { LikeState } from './types'
import { withTimeout } from './with-timeout'

/** Posts that are read in one script call. */
export const PAGE = 250

interface ReaderOptions {
  parts: readonly Partition[]
  partOf(postId: string): Partition
  isPostId(id: string): boolean
  absent: AbsentPosts
  /** What is shown of a state. */
  view(state: LikeState): LikeState
  deadlineMs: number
}

/** Reads posts in pages of each partition, side by side; what has not come within the deadline is unknown. */
export function createReader({ parts, partOf, isPostId, absent, view, deadlineMs }: ReaderOptions) {
  const lost = (postId: string): LikeState => view(unknown(postId))

  async function readPage({ ctx }: Partition, page: string[], sessionId: string | null) {
    const states = await read(ctx, page, sessionId)
    if (states.size < page.length) for (const id of page) if (!states.has(id)) absent.add(id)
    if (ctx.kind.isPrivate) for (const [id, state] of states) states.set(id, view(state))
    return states
  }

  return async (postIds: readonly string[], sessionId: string | null): Promise<Map<string, LikeState>> => {
    const wanted = [...new Set(postIds)].filter(id => isPostId(id) && !absent.has(id))
    // As almost every page is.
    if (parts.length === 1 && wanted.length <= PAGE) {
      const late = () => new Map(wanted.map(id => [id, lost(id)]))
      return withTimeout(readPage(parts[0]!, wanted, sessionId), deadlineMs, late)
    }
    const found = new Map<string, LikeState>()
    const left = new Set(wanted)
    const readPart = async (part: Partition) => {
      const own = wanted.filter(id => partOf(id) === part)
      for (let i = 0; i < own.length; i += PAGE) {
        const page = own.slice(i, i + PAGE)
        for (const [id, state] of await readPage(part, page, sessionId)) found.set(id, state)
        for (const id of page) left.delete(id)
      }
    }
    const inOrder = () =>
      new Map(
        wanted.flatMap(id => {
          const state = left.has(id) ? lost(id) : found.get(id)
          return state ? [[id, state] as const] : []
        }),
      )
    return withTimeout(Promise.all(parts.map(readPart)).then(inOrder), deadlineMs, inOrder)
  }
}
