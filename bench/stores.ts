import { once } from 'node:events'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import type { Running } from '@onecount/dev-stack/process'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { createOnecount, type Onecount, type PostgresPort } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres, { type Sql } from 'postgres'

export const POSTS = 10_000
export const postId = (n: number) => `50050001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`

interface StoresOptions {
  /** To Postgres. */
  connections?: number
  /** Brings the posts into Redis. */
  hydrate?: boolean
  /** Statistics are of a time when the tables were empty, and stay so. */
  stale?: boolean
  /** Told of every batch that Postgres has applied. */
  onBatch?(ms: number, ops: number): void
}

/** Statistics are of now, and stay so. */
export const STALE = [
  'posts_new',
  'post_ratings',
  'like_tombstones',
  'like_log',
  'like_log_sums',
  'like_refused',
]
  .map(table => `alter table ${table} set (autovacuum_enabled = false); analyze ${table};`)
  .join('\n')

/** Redis and PostgreSQL, which end with this process. */
export async function startServers() {
  const servers = await Promise.all([startRedisServer(), startPostgresServer()])
  for (const server of servers) killOnExit<Running>(server)
  return servers
}

/** The port, which also tells of every batch that Postgres has applied. */
export function watched(
  port: PostgresPort,
  onBatch: (ms: number, entries: readonly { sessionId: string }[]) => void,
): PostgresPort {
  return {
    ...port,
    async sync(batch) {
      const began = performance.now()
      const result = await port.sync(batch)
      if (result.status === 'applied') onBatch(performance.now() - began, batch.entries)
      return result
    },
  }
}

/** The engine's tables with 10,000 posts. */
export async function prepareTables(sql: Sql, { stale = false } = {}): Promise<void> {
  await applyMigrations(async text => [...(await sql.unsafe(text))] as Record<string, unknown>[])
  if (stale) await sql.unsafe(STALE)
  await sql.unsafe(`
    insert into profiles (id, username, display_name, avatar_url)
    values ('a0070001-aaaa-bbbb-cccc-000000000001', 'someone', 'Someone', '/a.svg');
    insert into posts_new (id, author_id, caption, image_url)
    select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(n), 12, '0'))::uuid, 'a0070001-aaaa-bbbb-cccc-000000000001',
           'caption', '/p.svg' from generate_series(1, ${POSTS}) n;`)
  if (!stale) await sql`analyze posts_new`
}

/** Real Redis and PostgreSQL, which flushes every commit to the disk, with 10,000 warm posts. */
export async function startStores({
  connections = 4,
  hydrate = true,
  stale = false,
  onBatch,
}: StoresOptions = {}) {
  const [redisServer, postgresServer] = await startServers()
  const databaseUrl = await postgresServer.createDatabase('bench')
  const sql = postgres(databaseUrl, { max: connections, onnotice() {} })
  await prepareTables(sql, { stale })
  const client = createRedisClient(redisServer.url, { commandTimeout: 60_000 })
  await once(client, 'ready')
  const direct = postgresJsPort(sql, { timeoutMs: 30_000 })
  const timed = watched(direct, (ms, entries) => onBatch?.(ms, entries.length))
  const engine = (): Onecount =>
    createOnecount({
      redis: ioredisPort(client),
      postgres: timed,
      log: { warn() {} },
    })
  const onecount = engine()
  if (hydrate) await onecount.hydrateAll()
  return {
    client,
    redisUrl: redisServer.url,
    sql,
    databaseUrl,
    onecount,
    engine,
    pids: { redis: redisServer.pid, postgres: postgresServer.pid },
    async stop() {
      client.disconnect()
      await sql.end({ timeout: 1 })
      await Promise.all([redisServer.kill(), postgresServer.kill()])
    },
  }
}
