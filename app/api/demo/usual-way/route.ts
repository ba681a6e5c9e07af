import { isPostId } from 'onecount'
import { invalidateCopies } from '@/app/demo/usual-way/copies'
import { writeLike } from '@/app/demo/usual-way/likes'
import { onecount } from '@/app/utils/onecount'
import { privateJson } from '@/app/utils/private-json'
import { viewerSession } from '@/app/utils/viewer'

/**
 * A like the usual way: Postgres is updated, the caches are told, and the answer does not wait for them. The session comes
 * from a cookie that is `SameSite=Lax`, so a page of another site likes nothing here.
 */
export async function POST(request: Request): Promise<Response> {
  const { postId, liked } = await readBody(request)
  if (typeof postId !== 'string' || !isPostId(postId) || typeof liked !== 'boolean')
    return privateJson(400, { message: 'Say which post, and whether it is liked.' })

  const sessionId = await viewerSession()
  if (!sessionId) return privateJson(401, { message: 'Open the page first: it brings a session.' })
  if (await onecount.limiter().takeShared({ session: sessionId }))
    return privateJson(429, { message: 'Too quick: wait a moment.' })

  try {
    const likes = await writeLike(postId, sessionId, liked)
    if (likes === null) return privateJson(404, { message: 'There is no such post.' })
    invalidateCopies()
    return privateJson(200, { likes, liked })
  } catch (error) {
    console.error(`[demo] a like the usual way: ${error instanceof Error ? error.message : String(error)}`)
    return privateJson(503, { message: 'Not saved: Postgres does not answer.' })
  }
}

async function readBody(request: Request): Promise<{ postId?: unknown; liked?: unknown }> {
  const body: unknown = await request.json().catch(() => null)
  return typeof body === 'object' && body !== null ? body : {}
}
