import { createOnecount, type Onecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'
import { applyMigrations } from '../dev/services/migrations'
import { startPostgresServer } from '../dev/services/postgres-server'
import { startRedisServer } from '../dev/services/redis-server'

export const POSTS = 10_000
export const postId = (n: number) => `50050001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`

interface StoresOptions {
  /** To Postgres. */
  connections?: number
  /** Brings the posts into Redis. */
  hydrate?: boolean
}

/** Real Redis and PostgreSQL, which flushes every commit to the disk, with 10,000 warm posts. */
export async function startStores({ connections = 4, hydrate = true }: StoresOptions = {}) {
  const [redisServer, postgresServer] = await Promise.all([startRedisServer(), startPostgresServer()])
  const sql = postgres(await postgresServer.createDatabase('bench'), { max: connections, onnotice() {} })
  await applyMigrations(async text => [...(await sql.unsafe(text))] as Record<string, unknown>[])
  await sql.unsafe(`
    insert into profiles (id, username, display_name, avatar_url)
    values ('a0070001-aaaa-bbbb-cccc-000000000001', 'someone', 'Someone', '/a.svg');
    insert into posts_new (id, author_id, caption, image_url)
    select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(n), 12, '0'))::uuid, 'a0070001-aaaa-bbbb-cccc-000000000001',
           'caption', '/p.svg' from generate_series(1, ${POSTS}) n;
    analyze posts_new;`)
  const client = createRedisClient(redisServer.url, { commandTimeout: 60_000 })
  const engine = (): Onecount =>
    createOnecount({
      redis: ioredisPort(client),
      postgres: postgresJsPort(sql, { timeoutMs: 30_000 }),
      log: { warn() {} },
    })
  const onecount = engine()
  if (hydrate) await onecount.hydrateAll()
  return {
    client,
    sql,
    onecount,
    engine,
    async stop() {
      client.disconnect()
      await sql.end({ timeout: 1 })
      await Promise.all([redisServer.kill(), postgresServer.kill()])
    },
  }
}
