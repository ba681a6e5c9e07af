import type { Post } from '@/app/types'
import { formatCursor } from './feed-cursor'

/** Posts on one page of the feed. Older ones are on the next page: nothing is cut off. */
export const FEED_PAGE = 16

/** Some posts of the feed, and where it goes on; `next` is null at its end. */
export interface FeedPage {
  posts: Post[]
  next: string | null
}

/** A page of `posts`: one more than fit are read, so that a page knows whether another follows it. */
export function feedPage(posts: Post[]): FeedPage {
  const shown = posts.slice(0, FEED_PAGE)
  return { posts: shown, next: posts.length > FEED_PAGE ? formatCursor(shown.at(-1)!) : null }
}
