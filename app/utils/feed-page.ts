import type { Post, PostsPage } from '@/app/types'
import { formatCursor } from './feed-cursor'

/** Posts on one page of the feed. Older ones are on the next page: nothing is cut off. */
export const FEED_PAGE = 16

/** A page of `posts`: one more than fit are read, so that a page knows whether another follows it. */
export function feedPage(posts: Post[], length = FEED_PAGE): PostsPage {
  const shown = posts.slice(0, length)
  return { posts: shown, next: posts.length > length ? formatCursor(shown.at(-1)!) : null }
}
