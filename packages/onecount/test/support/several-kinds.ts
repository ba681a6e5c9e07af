import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createEngines, createKeys, defineConfig, type Engines, type EnginesOptions } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type { Sql } from 'postgres'
import { connect } from './databases'
import { SCHEMA } from './kinds'

/** Likes by people, shown in a column of the articles; bookmarks by visitors too, whose counts onecount keeps. */
export const KINDS = {
  like: {
    target: { table: 'articles', id: 'bigint', count: 'like_count' },
    rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
    actor: 'uuid',
  },
  bookmark: {
    target: { table: 'articles', id: 'bigint' },
    rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: 'marked_at' },
  },
} as const

export const config = defineConfig({ kinds: KINDS })
export type Name = keyof typeof KINDS

/** Articles 1 to 30. */
export const ARTICLES = Array.from({ length: 30 }, (_, n) => String(n + 1))

/** A real Redis, and a database for each test that has the tables of an application and both kinds. */
export async function startSeveralKinds() {
  const [server, redis] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  const command = new Redis(redis.url)
  const clients: Redis[] = []
  let databases = 0
  let databaseUrl = ''
  let sql: Sql

  return {
    redis: command,
    redisUrl: redis.url,
    get databaseUrl() {
      return databaseUrl
    },
    get sql() {
      return sql
    },
    keysOf: (name: Name) => createKeys('', config.kinds[name].keyPrefix),

    /** Another database, and an empty Redis. */
    async begin(): Promise<void> {
      await command.flushall()
      databaseUrl = await server.createDatabase(`s${databases++}`)
      sql = connect(databaseUrl)
      await sql.unsafe(SCHEMA)
      await sql`insert into articles (id) select id from unnest(${ARTICLES}::text[]::bigint[]) id`
      for (const kind of Object.values(config.kinds)) await sql.unsafe(kindSql(kind))
    },

    /** The ports of one instance of the application: one connection to Redis, one pool. */
    ports() {
      const client = createRedisClient(redis.url, { commandTimeout: 5000 })
      clients.push(client)
      const postgres: EnginesOptions['postgres'] = kind => postgresJsPort(sql, { kind })
      return { redis: ioredisPort(client), postgres }
    },

    instance(options: Partial<EnginesOptions> = {}): Engines<Name> {
      return createEngines(config, { ...this.ports(), log: { warn() {} }, ...options })
    },

    /** Who likes or bookmarks an article, by Postgres. */
    async rows(name: Name, article = '1'): Promise<string[]> {
      const { table, actor } = KINDS[name].rows
      const rows = await sql`select ${sql(actor)}::text as actor from ${sql(table)}
                              where article_id = ${article} order by 1`
      return rows.map(row => row.actor)
    },

    /** The count of an article in Postgres. */
    async count(name: Name, article = '1'): Promise<number> {
      const [row] =
        name === 'like'
          ? await sql`select like_count as n from articles where id = ${article}`
          : await sql`select likes as n from onecount_bookmark_counts where id = ${article}`
      return Number(row!.n)
    },

    /** Lets the application refuse a bookmark of some. */
    refuseBookmarksOf: (who: string) =>
      sql.unsafe(`
        create function barred() returns trigger language plpgsql as
          $$ begin raise exception '% is barred', new.user_id; end $$;
        create trigger barred before insert on bookmarks for each row when (new.user_id = '${who}')
          execute function barred()`),

    /** The drain of bookmarks hangs in its transaction, until the function that this answers is called. */
    async holdBookmarks(): Promise<() => Promise<void>> {
      await sql.unsafe(`
        create function hold() returns trigger language plpgsql as
          $$ begin perform pg_advisory_xact_lock_shared(446); return new; end $$;
        create trigger hold before insert on bookmarks for each row execute function hold()`)
      const holder = await sql.reserve()
      await holder`select pg_advisory_lock(446)`
      return async () => {
        await holder`select pg_advisory_unlock(446)`
        holder.release()
      }
    },

    async end(): Promise<void> {
      for (const client of clients.splice(0)) client.disconnect()
      await sql.end({ timeout: 2 })
    },

    async stop(): Promise<void> {
      command.disconnect()
      await Promise.all([server.stop(), redis.kill()])
    },
  }
}

export type SeveralKinds = Awaited<ReturnType<typeof startSeveralKinds>>
