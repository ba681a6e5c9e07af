import { getPostsWithRedisLikes } from '@/app/utils/cached-posts'
import { parseCursor } from '@/app/utils/feed-cursor'
import { feedPage } from '@/app/utils/feed-page'

/** A page of the feed as JSON: `{ posts, next }`, after the place `before`; without one its beginning. */
export async function GET(request: Request): Promise<Response> {
  const before = parseCursor(new URL(request.url).searchParams.get('before') ?? undefined)
  const headers = { 'cache-control': 'private, no-store' }
  try {
    return Response.json(feedPage(await getPostsWithRedisLikes(before)), { headers })
  } catch (error) {
    console.error(`[huella] the feed: ${error instanceof Error ? error.message : String(error)}`)
    return Response.json({ error: 'the pictures cannot be read right now' }, { status: 503, headers })
  }
}
