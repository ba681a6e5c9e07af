import { isPostId } from 'onecount'
import { invalidateCopies } from '@/app/demo/usual-way/copies'
import { writeLike } from '@/app/demo/usual-way/likes'
import { onecount } from '@/app/utils/onecount'

/**
 * A like the usual way: Postgres is updated, the caches are told, and the answer does not wait for them. The session comes
 * from a cookie that is `SameSite=Lax`, so a page of another site likes nothing here.
 */
export async function POST(request: Request): Promise<Response> {
  const { postId, liked } = await readBody(request)
  if (typeof postId !== 'string' || !isPostId(postId) || typeof liked !== 'boolean')
    return answer(400, { message: 'Say which post, and whether it is liked.' })

  const sessionId = await onecount.getSession()
  if (!sessionId) return answer(401, { message: 'Open the page first: it brings a session.' })
  if (await onecount.limiter().takeShared({ session: sessionId }))
    return answer(429, { message: 'Too quick: wait a moment.' })

  try {
    const likes = await writeLike(postId, sessionId, liked)
    if (likes === null) return answer(404, { message: 'There is no such post.' })
    invalidateCopies()
    return answer(200, { likes, liked })
  } catch (error) {
    console.error(`[demo] a like the usual way: ${error instanceof Error ? error.message : String(error)}`)
    return answer(503, { message: 'Not saved: Postgres does not answer.' })
  }
}

async function readBody(request: Request): Promise<{ postId?: unknown; liked?: unknown }> {
  const body: unknown = await request.json().catch(() => null)
  return typeof body === 'object' && body !== null ? body : {}
}

const answer = (status: number, body: object) =>
  Response.json(body, { status, headers: { 'cache-control': 'private, no-store' } })
