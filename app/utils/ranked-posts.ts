import type { Post } from '@/app/types'
import { onecount } from '@/app/utils/onecount'
import { getPosts, getPostsById } from './cached-posts'
import { mergePostsWithCounts } from './posts-with-counts'

export const RANK_LENGTH = 100

export interface Ranking {
  /** Most liked first; posts of unknown count last. */
  posts: Post[]
  /** False when no store can tell the order: the newest posts instead, as they come. */
  known: boolean
}

/** The most liked posts by the counts of this moment. @throws Error when the content cannot be read */
export async function getRanking(limit = RANK_LENGTH): Promise<Ranking> {
  const [sessionId, ids] = await Promise.all([onecount.getSession(), rankedIds(limit)])
  const content = ids ? await getPostsById(ids) : await getPosts(null, limit)
  const posts = await mergePostsWithCounts(content, sessionId)
  return { posts: ids ? byLikes(posts) : posts, known: ids !== null }
}

async function rankedIds(limit: number): Promise<string[] | null> {
  try {
    return await onecount.engine().ranking(limit)
  } catch (error) {
    console.error(`[onecount] the ranking: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

/** Exact counts decide; among equals the greater id comes first, as in the stores; posts of unknown count are last. */
export function byLikes<P extends Pick<Post, 'id' | 'likes'>>(posts: readonly P[]): P[] {
  return [...posts].sort((a, b) => (b.likes ?? -1) - (a.likes ?? -1) || (a.id < b.id ? 1 : -1))
}
