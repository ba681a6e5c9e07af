import type { PageLikes } from 'onecount/next'
import type { Post, PostContent } from '@/app/types'
import { onecount } from '@/app/utils/onecount'

/**
 * Content with the counts of this moment, as `sessionId` sees them (null: without hearts). One batch read, however many
 * posts. What cannot be read is unknown (`likes: null`), never 0. Never throws.
 */
export async function mergePostsWithCounts(
  posts: readonly PostContent[],
  sessionId: string | null,
): Promise<Post[]> {
  const ids = posts.map(post => post.id)
  const likes = await onecount.readLikes(ids, sessionId)
  return posts.map(post => withLikes(post, likes.get(post.id) ?? UNKNOWN))
}

/** Of a post that was removed while its content is still cached. */
const UNKNOWN = { count: null, liked: null, rev: 0, op: null, source: 'unknown' } as const

function withLikes(
  post: PostContent,
  { count, liked, rev, op, source, session }: Omit<PageLikes, 'postId' | 'durable'>,
): Post {
  return {
    ...post,
    likes: count,
    liked,
    likesRev: rev,
    likesOp: op,
    likesSource: source,
    likesSession: session,
  }
}
