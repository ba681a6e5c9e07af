import { getProfileWithRedisLikes } from '@/app/utils/cached-profiles'
import { parseCursor } from '@/app/utils/feed-cursor'
import { privateJson } from '@/app/utils/private-json'

interface Context {
  params: Promise<{ username: string }>
}

/** A page of a profile as JSON: `{ posts, next, outside }`, after the place `before`; without one its beginning. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  const before = parseCursor(new URL(request.url).searchParams.get('before') ?? undefined)
  try {
    const page = await getProfileWithRedisLikes((await params).username, before)
    return page ? privateJson(200, page) : privateJson(404, { error: 'no person has that name' })
  } catch (error) {
    console.error(`[huella] a profile: ${error instanceof Error ? error.message : String(error)}`)
    return privateJson(503, { error: 'the pictures cannot be read right now' })
  }
}
