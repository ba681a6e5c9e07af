import type { Post } from '@/app/types'
import { formatCursor } from './feed-cursor'

/** Posts on one page of the feed. Older ones are on the next page: nothing is cut off. */
export const FEED_PAGE = 16

/** Some posts of the feed, and where it goes on; `next` is null at its end. */
export interface FeedPage {
  posts: Post[]
  next: string | null
}

/** `posts` as a page: where it is full, more may follow. */
export function feedPage(posts: Post[]): FeedPage {
  const last = posts.length === FEED_PAGE ? posts.at(-1) : undefined
  return { posts, next: last ? formatCursor(last) : null }
}
