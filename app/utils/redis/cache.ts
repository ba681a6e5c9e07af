import { cacheLife, cacheTag, revalidateTag } from 'next/cache'

/** Tags of the cached content. Counts have none: they are never cached. */
export const contentTags = {
  posts: 'posts',
  post: (postId: string) => `post:${postId}`,
  profiles: 'profiles',
  profile: (username: string) => `profile:${username}`,
}

/**
 * Called first inside a `'use cache'` function: content stays for 5 minutes in the browser, is renewed in the
 * background after 15 and never older than 60.
 */
export function cacheContent(...tags: string[]): void {
  cacheLife({ stale: 300, revalidate: 900, expire: 3600 })
  cacheTag(...tags)
}

/**
 * Called where there is nothing to keep: asked for again after a second, in the background, so that what is created is
 * found. It may be kept as long as content all the same: with less Next would send the page before its status is known.
 */
export function noContentYet(): void {
  cacheLife({ stale: 300, revalidate: 1, expire: 3600 })
}

/** Content was edited: the next reader sees it renewed. A like never calls this. */
export function refreshContent(...tags: string[]): void {
  for (const tag of tags) revalidateTag(tag, 'max')
}
