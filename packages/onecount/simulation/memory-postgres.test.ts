import { randomUUID } from 'node:crypto'
import { postgresContract } from 'onecount/testing'
import { isLikedOp } from '../src/core/op'
import { createMemoryPostgres } from './memory-postgres'

/** What an integer holds. */
const MOST_LIKES = 2 ** 31 - 1

postgresContract(
  'in memory, for the simulation',
  async () => {
    const memory = createMemoryPostgres({ newId: randomUUID })
    memory.forbid(({ postId, op }) => isLikedOp(op) && memory.post(postId)!.likes >= MOST_LIKES)
    return {
      port: memory.port,
      clear: async () => memory.clear(),
      addPosts: async posts => memory.addPosts(posts),
      removePost: async id => void memory.removePost(id),
      post: async id => memory.post(id)!,
      rows: async (table, postId) => memory.rows(table, postId),
      close: async () => {},
    }
  },
  { validates: false },
)
