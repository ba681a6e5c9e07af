import { isPostId, OnecountError, StoreUnavailable } from 'onecount'
import type { Post } from '@/app/types'
import { onecount } from '@/app/utils/onecount'
import { getPostsById } from './cached-posts'
import { mergePostsWithCounts } from './posts-with-counts'

/** Pictures on one page of "My likes". */
const LIKED_PAGE = 60

export interface LikedPosts {
  posts: Post[]
  /** Where the next page begins; null on the last one. */
  next: string | null
  /** False: no store can tell what the session likes, or it cannot be told whose session it is. */
  known: boolean
}

/**
 * What this request's session likes, in pages by id, each with the counts of this moment.
 * @param after the `next` of the page before, from the address: anything that is no id begins with the first page
 * @throws Error when the content cannot be read
 */
export async function getLikedPosts(after: string | null): Promise<LikedPosts> {
  try {
    const sessionId = await onecount.getSession()
    if (!sessionId) return { posts: [], next: null, known: true }
    const from = after !== null && isPostId(after) ? after : null
    const { likes, next } = await onecount.engine().likedBy(sessionId, { after: from, limit: LIKED_PAGE })
    const content = await getPostsById(likes.map(like => like.postId))
    return { posts: await mergePostsWithCounts(content, sessionId), next, known: true }
  } catch (error) {
    if (!isUnavailable(error)) throw error
    return { posts: [], next: null, known: false }
  }
}

const isUnavailable = (error: unknown) =>
  error instanceof StoreUnavailable ||
  (error instanceof OnecountError && error.code === 'unavailable') ||
  (error instanceof Error && error.name === 'SignInUnavailable')
