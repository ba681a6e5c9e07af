import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import type { PairOp } from '../../src/core/ports'

const columns = (pairs: PairOp[]) => ({
  posts: pairs.map(pair => pair.postId),
  sessions: pairs.map(pair => pair.sessionId),
  ops: pairs.map(pair => String(pair.op)),
})

/** The calls of a process of the version before: its presses, and the drain of its Redis. */
export function versionBefore(sql: Sql) {
  let parent = ''
  let seen: PairOp[] = []
  return {
    async write(pairs: PairOp[], now: number): Promise<void> {
      const { posts, sessions, ops } = columns(pairs)
      if (pairs.length === 1)
        await sql`select onecount_write_one(${posts[0]!}, ${sessions[0]!}, ${ops[0]!}, ${now}, null)`
      else
        await sql`select onecount_write(
          ${posts}::uuid[], ${sessions}::text[], ${ops}::bigint[], ${now}, null)`
    },

    /** One batch, and what was handed out before is seen. Answers whether it was applied: another one can have been. */
    async drain(entries: PairOp[], limit = 100): Promise<boolean> {
      const { posts, sessions, ops } = columns(entries)
      const before = columns(seen)
      const nonce = randomUUID()
      const [row] = await sql`select onecount_sync(
        0, ${parent}, ${nonce}, ${posts}::uuid[], ${sessions}::text[], ${ops}::bigint[],
        ${entries.map(() => '0')}::bigint[], ${before.posts}::uuid[], ${before.sessions}::text[],
        ${before.ops}::bigint[], ${limit}) as done`
      const done = row!.done as { status: string; receipt: string; unseen: [string, string, number][] }
      if (done.status === 'rejected') parent = done.receipt
      if (done.status !== 'applied') return false
      parent = nonce
      seen = done.unseen.map(([postId, sessionId, op]) => ({ postId, sessionId, op }))
      return true
    },

    /** Reads as that version does: cold posts, states without Redis, and its health. */
    async read(posts: string[], session: string) {
      const [row] = await sql`select onecount_snapshot(${posts}::uuid[]) as snapshots,
        onecount_peek(${posts}::uuid[], ${session}, '{}'::uuid[], '{}'::text[], '{}'::bigint[]) as states,
        onecount_status(0) as status`
      return row as unknown as {
        snapshots: { post: string; likes: number; sessions: string[] }[]
        states: { post: string; count: number; op: number }[]
        status: { receipt: string; unseen: number }
      }
    },
  }
}

export type VersionBefore = ReturnType<typeof versionBefore>
