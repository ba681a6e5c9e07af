import type { Post } from '@/app/types'
import { onecount } from '@/app/utils/onecount'
import { viewerSession } from '@/app/utils/viewer'
import { getPosts, getPostsById } from './cached-posts'
import { mergePostsWithCounts } from './posts-with-counts'
import { formatRankCursor, placesBefore, type RankCursor } from './rank-cursor'
import { RANK_LENGTH, RANK_PAGE, type RankPage } from './rank-page'

export interface Ranking {
  /** Most liked first; posts of unknown count last. */
  posts: Post[]
  /** False when no store can tell the order: the newest posts instead, as they come. */
  known: boolean
}

/** The first of the most liked posts by the counts of this moment. @throws Error when the content cannot be read */
export async function getRanking(limit: number): Promise<Ranking> {
  const [sessionId, ids] = await Promise.all([viewerSession(), rankedIds(limit)])
  const content = ids ? await getPostsById(ids) : await getPosts(null, limit)
  const posts = await mergePostsWithCounts(content, sessionId)
  return { posts: ids ? byLikes(posts) : posts, known: ids !== null }
}

/**
 * The next page of the ranking of this moment: of the posts behind a place the most liked ones that a reader does not
 * have yet. So a post that has moved while a list grows comes once, and none is left out. A place behind which there is
 * nothing is the beginning.
 * @param after where the reader's list began; null: with the first place
 * @param shown the posts that the reader has
 * @throws Error when the content cannot be read
 */
export async function getRankPage(
  after: RankCursor | null,
  shown: readonly string[] = [],
): Promise<RankPage> {
  const asked = after ? RANK_LENGTH : Math.min(RANK_LENGTH, shown.length + 2 * RANK_PAGE)
  const [sessionId, ids] = await Promise.all([viewerSession(), rankedIds(asked)])
  if (!ids) return { ...(await newest(sessionId)), before: 0, next: null, following: 0 }
  const place = after ? await placesBefore(ids, after, likesOf) : 0
  const before = place < ids.length ? place : 0
  const known = new Set(shown)
  const left = ids.slice(before).filter(id => !known.has(id))
  const content = await getPostsById(left.slice(0, RANK_PAGE))
  const posts = byLikes(await mergePostsWithCounts(content, sessionId))
  const following = Math.min(RANK_PAGE, Math.max(0, left.length - RANK_PAGE))
  const last = posts.findLast(post => post.likes !== null)
  return {
    posts,
    known: true,
    before,
    following,
    next: following > 0 && last ? formatRankCursor(last) : null,
  }
}

async function newest(sessionId: string | null): Promise<Ranking> {
  return { posts: await mergePostsWithCounts(await getPosts(null, RANK_PAGE), sessionId), known: false }
}

const likesOf = (ids: string[]) => onecount.readLikes(ids, null)

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
