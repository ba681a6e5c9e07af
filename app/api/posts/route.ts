import { getPostsWithRedisLikes } from '@/app/utils/cached-posts'
import { parseCursor } from '@/app/utils/feed-cursor'
import { feedPage } from '@/app/utils/feed-page'
import { privateJson } from '@/app/utils/private-json'

/** A page of the feed as JSON: `{ posts, next }`, after the place `before`; without one its beginning. */
export async function GET(request: Request): Promise<Response> {
  const before = parseCursor(new URL(request.url).searchParams.get('before') ?? undefined)
  try {
    return privateJson(200, feedPage(await getPostsWithRedisLikes(before)))
  } catch (error) {
    console.error(`[huella] the feed: ${error instanceof Error ? error.message : String(error)}`)
    return privateJson(503, { error: 'the pictures cannot be read right now' })
  }
}
