import { randomUUID } from 'node:crypto'
import { postgresContract } from 'onecount/testing'
import type { Kind } from '../src/core/kind'
import { isLikedOp } from '../src/core/op'
import { SIMULATED_KINDS } from './kinds'
import { createMemoryPostgres } from './memory-postgres'

/** What an integer holds. */
const MOST_LIKES = 2 ** 31 - 1

async function memoryOf(kind?: Kind) {
  const memory = createMemoryPostgres({ newId: randomUUID, kind })
  memory.forbid(({ postId, op }) => isLikedOp(op) && memory.post(postId)!.likes >= MOST_LIKES)
  return {
    port: memory.port,
    clear: async () => memory.clear(),
    addPosts: async (posts: { id: string; likes: number }[]) => memory.addPosts(posts),
    removePost: async (id: string) => void memory.removePost(id),
    post: async (id: string) => memory.post(id)!,
    rows: async (table: 'post_ratings' | 'like_tombstones', postId: string) => memory.rows(table, postId),
    close: async () => {},
  }
}

postgresContract('in memory, for the simulation', () => memoryOf(), { validates: false })

postgresContract(
  'in memory, bigint ids, for the simulation',
  () => memoryOf({ ...SIMULATED_KINDS.bigint.kind, rows: SIMULATED_KINDS.text.kind.rows }),
  { ids: 'bigint', validates: false },
)

postgresContract('in memory, ids of text, for the simulation', () => memoryOf(SIMULATED_KINDS.text.kind), {
  ids: 'text',
  validates: false,
})
