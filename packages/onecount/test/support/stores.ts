import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer, startRedisServerAgain } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createKeys, createOnecount, type OnecountOptions } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type { Sql, TransactionSql } from 'postgres'
import { connect, migrate, ownersTables } from './databases'

/** How long a test that is not about deadlines waits for a store, milliseconds: so long that a busy machine does not look like one that hangs. */
export const PATIENT_MS = 20_000

export interface PostBefore {
  id: string
  /** Likes from before rows were kept. */
  base: number
}

/** A real Redis and a real Postgres, and ways to look at what they hold. */
export async function startStores() {
  const [firstRedis, postgres] = await Promise.all([
    startRedisServer(),
    startPostgresServer({ fsync: false }),
  ])
  let redis = firstRedis
  const { port, url } = redis
  const database = await postgres.createDatabase('onecount')
  await migrate(database)
  const sql: Sql = connect(database, { max: 20 })
  const command = new Redis(url, { lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => 20 })
  command.on('error', () => {})
  await command.connect()
  const clients: Redis[] = []
  const keys = createKeys()
  const tables = ownersTables(sql)

  return {
    sql,
    /** Any command of Redis, to look at keys and to damage them. */
    redis: command,
    keys,
    /** For programs that connect by themselves. */
    redisUrl: url,
    databaseUrl: database,

    /** The ports of one instance of the application, with the deadlines of a call to Redis and to Postgres. */
    ports({ redisMs = PATIENT_MS, postgresMs = PATIENT_MS } = {}) {
      const client = createRedisClient(url, { commandTimeout: redisMs })
      clients.push(client)
      return { redis: ioredisPort(client), postgres: postgresJsPort(sql, { timeoutMs: postgresMs }) }
    },

    /** One instance of the application, with connections of its own. */
    instance({ settings, ...options }: Partial<OnecountOptions> = {}) {
      return createOnecount({
        ...this.ports(),
        log: { warn() {} },
        settings: { deadlineMs: PATIENT_MS, ...settings },
        ...options,
      })
    },

    /** Empties both stores and makes new posts. */
    async begin(posts: PostBefore[]): Promise<void> {
      await command.flushall()
      await tables.clear()
      // What the triggers have noted of the posts that went.
      await sql.unsafe('delete from like_log; delete from like_log_sums; delete from like_refused')
      await tables.addPosts(posts.map(({ id, base }) => ({ id, likes: base })))
    },

    /** Another database of the same server, migrated and empty. */
    async anotherDatabase(name: string): Promise<string> {
      const url = await postgres.createDatabase(name)
      await migrate(url)
      return url
    },

    /** Changes rows as a restore does: without the triggers that notice edits by hand. */
    unnoticed: (change: (sql: TransactionSql) => Promise<unknown>) =>
      sql.begin(async transaction => {
        await transaction`select set_config('onecount.applying', 'on', true)`
        await change(transaction)
      }),

    /** Stops Redis: it keeps its connections and answers no call, until it is woken. */
    hangRedis: () => void redis.child.kill('SIGSTOP'),
    wakeRedis: () => void redis.child.kill('SIGCONT'),

    /** Locks the table of posts: calls to it hang, until the function that this returns is called. */
    async hangPostgres(): Promise<() => Promise<void>> {
      const transaction = await sql.reserve()
      await transaction`begin`
      await transaction`lock posts_new in access exclusive mode`
      return async () => {
        await transaction`rollback`
        transaction.release()
      }
    },

    /** Kills Redis; nothing of what it held comes back. */
    stopRedis: () => redis.kill(),
    async startRedisEmpty() {
      redis = await startRedisServerAgain({ port })
      await new Promise<void>(resolve => {
        if (command.status === 'ready') resolve()
        else command.once('ready', () => resolve())
      })
    },

    /** What both stores hold of a post: counts and members. */
    async compare({ id, base }: PostBefore) {
      const [count, members, post, ratings] = await Promise.all([
        command.get(keys.likes(id)),
        command.smembers(keys.liked(id)),
        tables.post(id),
        tables.rows('post_ratings', id),
      ])
      const rated = ratings.map(r => r.sessionId).sort()
      return {
        redis: { count: Number(count), members: members.sort() },
        postgres: { count: post.likes, members: rated },
        expectedCount: base + rated.length,
      }
    },

    async stop() {
      for (const client of [...clients, command]) client.disconnect()
      await sql.end({ timeout: 2 })
      await Promise.all([redis.kill(), postgres.stop()])
    },
  }
}

export type Stores = Awaited<ReturnType<typeof startStores>>
