import { createEngines, createKeys, defineConfig, type Engines, type EnginesOptions } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { startKindStores } from './kind-stores'
import { PATIENT_MS } from './stores'

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
  const stores = await startKindStores()

  return {
    redis: stores.redis,
    redisUrl: stores.redisUrl,
    get databaseUrl() {
      return stores.databaseUrl
    },
    get sql() {
      return stores.sql
    },
    keysOf: (name: Name) => createKeys('', config.kinds[name].keyPrefix),

    /** Another database, and an empty Redis. */
    async begin(): Promise<void> {
      const sql = await stores.begin(...Object.values(config.kinds))
      await sql`insert into articles (id) select id from unnest(${ARTICLES}::text[]::bigint[]) id`
    },

    /** The ports of one instance of the application: one connection to Redis, one pool. */
    ports() {
      const { sql } = stores
      const postgres: EnginesOptions['postgres'] = kind =>
        postgresJsPort(sql, { kind, timeoutMs: PATIENT_MS })
      return { redis: stores.redisPort(), postgres }
    },

    instance({ settings, ...options }: Partial<EnginesOptions> = {}): Engines<Name> {
      return createEngines(config, {
        ...this.ports(),
        log: { warn() {} },
        settings: { deadlineMs: PATIENT_MS, ...settings },
        ...options,
      })
    },

    /** Who likes or bookmarks an article, by Postgres. */
    async rows(name: Name, article = '1'): Promise<string[]> {
      const { table, actor } = KINDS[name].rows
      const rows = await stores.sql`select ${stores.sql(actor)}::text as actor from ${stores.sql(table)}
                              where article_id = ${article} order by 1`
      return rows.map(row => row.actor)
    },

    /** The count of an article in Postgres. */
    async count(name: Name, article = '1'): Promise<number> {
      const [row] =
        name === 'like'
          ? await stores.sql`select like_count as n from articles where id = ${article}`
          : await stores.sql`select likes as n from onecount_bookmark_counts where id = ${article}`
      return Number(row!.n)
    },

    /** Lets the application refuse a bookmark of some. */
    refuseBookmarksOf: (who: string) =>
      stores.sql.unsafe(`
        create function barred() returns trigger language plpgsql as
          $$ begin raise exception '% is barred', new.user_id; end $$;
        create trigger barred before insert on bookmarks for each row when (new.user_id = '${who}')
          execute function barred()`),

    /** The drain of bookmarks hangs in its transaction, until the function that this answers is called. */
    async holdBookmarks(): Promise<() => Promise<void>> {
      await stores.sql.unsafe(`
        create function hold() returns trigger language plpgsql as
          $$ begin perform pg_advisory_xact_lock_shared(446); return new; end $$;
        create trigger hold before insert on bookmarks for each row execute function hold()`)
      const holder = await stores.sql.reserve()
      await holder`select pg_advisory_lock(446)`
      return async () => {
        await holder`select pg_advisory_unlock(446)`
        holder.release()
      }
    },

    end: stores.end,
    stop: stores.stop,
  }
}

export type SeveralKinds = Awaited<ReturnType<typeof startSeveralKinds>>
