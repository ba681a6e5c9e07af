import type { LikeState } from 'onecount'
import type { Post, PostContent } from '@/app/types'
import { getOnecount } from '@/app/utils/onecount/server'

/**
 * Content with the counts of this moment, as `sessionId` sees them (null: nobody's). One batch read, however many
 * posts. What cannot be read is unknown (`likes: null`), never 0. Never throws.
 */
export async function mergePostsWithCounts(
  posts: readonly PostContent[],
  sessionId: string | null,
): Promise<Post[]> {
  const states = await readStates(
    posts.map(post => post.id),
    sessionId,
  )
  return posts.map(post => withState(post, states.get(post.id), getOnecount().hasRedis))
}

async function readStates(postIds: string[], sessionId: string | null): Promise<Map<string, LikeState>> {
  if (postIds.length === 0) return new Map()
  try {
    return await getOnecount().read(postIds, sessionId)
  } catch (error) {
    console.error(`[onecount] counts of a page: ${error instanceof Error ? error.message : String(error)}`)
    return new Map()
  }
}

function withState(post: PostContent, state: LikeState | undefined, hasRedis: boolean): Post {
  const source = state?.source ?? 'unknown'
  return {
    ...post,
    likes: state?.count ?? null,
    liked: state?.liked ?? null,
    likesRev: state?.rev ?? 0,
    likesOp: state?.op ?? null,
    likesSource: !hasRedis && source === 'postgres' ? undefined : source,
  }
}
