import type { PostContent } from '@/app/types'
import type { FeedCursor } from './cached-posts'

const CURSOR = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))_([0-9a-f-]{36})$/

/** A place in the feed as it stands in an address. */
export const formatCursor = (post: Pick<PostContent, 'id' | 'createdAt'>): string =>
  encodeURIComponent(`${post.createdAt}_${post.id}`)

/** Anything that is no place in the feed is its beginning. */
export function parseCursor(text: string | string[] | undefined): FeedCursor | null {
  const match = typeof text === 'string' ? CURSOR.exec(text) : null
  return match && { createdAt: match[1]!, id: match[2]! }
}
