import { randomUUID } from 'node:crypto'
import { postgresContract } from 'onecount/testing'
import { createMemoryPostgres } from './memory-postgres'

postgresContract(
  'in memory, for the simulation',
  async () => {
    const memory = createMemoryPostgres({ newId: randomUUID })
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
