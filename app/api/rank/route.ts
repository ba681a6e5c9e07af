import { isPostId } from 'onecount'
import { privateJson } from '@/app/utils/private-json'
import { parseRankCursor, type RankCursor } from '@/app/utils/rank-cursor'
import { RANK_LENGTH } from '@/app/utils/rank-page'
import { getRankPage } from '@/app/utils/ranked-posts'

/** What a list that is as long as the ranking sends, while posts move in and out of it. */
const SHOWN_MAX = 1.5 * RANK_LENGTH
const BYTES_MAX = 64 * 1024

interface Asked {
  after: RankCursor | null
  shown: string[]
}

/**
 * The next page of a list of the most liked, as JSON: `{ posts, next, before, following }`. The body is
 * `{ after, shown }`: where the list began, and the ids that it has. Too many for an address: hence POST.
 */
export async function POST(request: Request): Promise<Response> {
  const asked = await readAsked(request)
  if (!asked) return privateJson(400, { error: 'send { after, shown }: a place or null, and a list of ids' })
  try {
    const { known, ...page } = await getRankPage(asked.after, asked.shown)
    if (known) return privateJson(200, page)
  } catch (error) {
    console.error(`[huella] the rank: ${error instanceof Error ? error.message : String(error)}`)
  }
  return privateJson(503, { error: 'the order cannot be read right now' })
}

/** Null where the body is not as documented. */
async function readAsked(request: Request): Promise<Asked | null> {
  if (!(Number(request.headers.get('content-length') ?? Number.NaN) <= BYTES_MAX)) return null
  const body: unknown = await request.json().catch(() => null)
  if (typeof body !== 'object' || body === null) return null
  const { after, shown } = body as { after?: unknown; shown?: unknown }
  if (!Array.isArray(shown) || shown.length > SHOWN_MAX || !shown.every(isPostId)) return null
  return { after: parseRankCursor(after), shown }
}
