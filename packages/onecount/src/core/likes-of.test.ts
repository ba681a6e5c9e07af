import { describe, expect, it } from 'vitest'
import { DEFAULT_KIND, type IdType } from './kind'
import { idsOf } from './kind-ids'
import { likesOf, RATINGS } from './likes-of'
import type { PairOp, PostgresPort } from './ports'

/** As a database with this order of its ids answers; `calls` counts the questions. */
function tableOf(posts: string[], likes: Record<string, number>) {
  const rows = posts.flatMap(postId =>
    Array.from({ length: likes[postId] ?? 0 }, (_, n) => ({
      postId,
      sessionId: `s${n}`.padStart(6, '0'),
      op: 3,
    })),
  )
  const isAfter = (row: PairOp, after: { postId: string; sessionId: string }) =>
    posts.indexOf(row.postId) - posts.indexOf(after.postId) > 0 ||
    (row.postId === after.postId && row.sessionId > after.sessionId)
  const table = {
    calls: 0,
    async ratings(after: { postId: string; sessionId: string } | null, limit: number) {
      table.calls++
      return rows.filter(row => !after || isAfter(row, after)).slice(0, limit)
    },
  }
  return table
}

async function read(table: ReturnType<typeof tableOf>, postIds: string[], type: IdType) {
  const { postOrder } = idsOf({ ...DEFAULT_KIND, target: { ...DEFAULT_KIND.target, id: type } })
  const found: Record<string, number> = {}
  for await (const page of likesOf(table as unknown as PostgresPort, postIds, postOrder))
    for (const { postId } of page) found[postId] = (found[postId] ?? 0) + 1
  return found
}

const NUMBERS = Array.from({ length: 400 }, (_, n) => String(n + 1))
/** Not in the order of their text. */
const WORDS = Array.from({ length: 400 }, (_, n) => `${n % 2 ? 'b' : 'A'}${n}`)

describe.each([
  ['bigint', NUMBERS],
  ['text', WORDS],
] as const)('likes of posts whose ids are of the type %s', (type, posts) => {
  it('are those of the posts that are asked for, each once', async () => {
    const likes = Object.fromEntries(posts.map((id, n) => [id, n % 7]))
    const asked = posts.filter((_, n) => n % 3 > 0)
    const wanted = Object.fromEntries(asked.filter(id => likes[id]! > 0).map(id => [id, likes[id]]))
    expect(await read(tableOf(posts, likes), asked, type)).toEqual(wanted)
  })

  it('are found behind posts with many likes that are not asked for', async () => {
    const [first, between, second, third] = posts as [string, string, string, string]
    const likes = { [first]: 3, [between]: 3 * RATINGS, [second]: RATINGS, [third]: 2 * RATINGS + 1 }
    const table = tableOf(posts, likes)
    expect(await read(table, [first, second, third], type)).toEqual({
      [first]: 3,
      [second]: RATINGS,
      [third]: 2 * RATINGS + 1,
    })
  })

  it('take a few questions where the posts have none, and those after them have many', async () => {
    const table = tableOf(posts, { [posts[0]!]: 1, [posts.at(-1)!]: 5 * RATINGS })
    expect(await read(table, posts.slice(0, 300), type)).toEqual({ [posts[0]!]: 1 })
    expect(table.calls).toBeLessThan(5)
  })

  it('are none of no posts', async () => {
    expect(await read(tableOf(posts, { [posts[0]!]: 1 }), [], type)).toEqual({})
  })
})
