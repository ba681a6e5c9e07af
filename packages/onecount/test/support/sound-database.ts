import type { PostgresServer } from '@onecount/dev-stack/postgres-server'
import { expect } from 'vitest'
import { connect, migrate, ownersTables } from './databases'

export const BOOKKEEPING = [
  'post_ratings',
  'like_tombstones',
  'like_unseen',
  'like_refused',
  'like_receipt',
  'like_log',
  'like_log_sums',
]

/** A migrated database, with what it holds in one look, and whether that adds up. */
export async function createSoundDatabase(server: PostgresServer, name: string) {
  const url = await server.createDatabase(name)
  await migrate(url)
  const sql = connect(url)
  const tables = ownersTables(sql)
  await tables.clear()
  await sql`select onecount_begin_logging()`
  /** Every post, op and sum, in one query. */
  async function held() {
    const [row] = await sql`select
        (select coalesce(json_object_agg(id, json_build_object('likes', likes, 'rev', likes_rev)), '{}')
           from posts_new) as posts,
        (select coalesce(json_object_agg(post_id || '|' || session_id, op), '{}') from (
           select post_id, session_id, op from post_ratings
           union all select post_id, session_id, op from like_tombstones) o) as ops,
        (select coalesce(json_object_agg(post_id, n), '{}') from (
           select post_id, count(*) as n from post_ratings group by 1) r) as ratings,
        (select coalesce(json_object_agg(post_id, change), '{}') from like_log_sums where change <> 0) as sums,
        (select coalesce(json_object_agg(post_id, change), '{}') from (
           select post_id, sum(op % 2 - prev % 2) as change from like_log where nonce is null
            group by 1 having sum(op % 2 - prev % 2) <> 0) l) as changes`
    return row as unknown as {
      posts: Record<string, { likes: number; rev: number }>
      ops: Record<string, number>
      ratings: Record<string, number>
      sums: Record<string, number>
      changes: Record<string, number>
    }
  }
  return {
    url,
    sql,
    ...tables,
    /** Without the work of triggers. */
    clear: () =>
      sql.unsafe(
        `set session_replication_role = replica; delete from posts_new;
         ${BOOKKEEPING.map(table => `delete from ${table};`).join(' ')} set session_replication_role = origin`,
      ),
    setPartitions: (n: number) => sql`select onecount_set_partitions(${n})`,
    held,
    /** Of posts that had `base` likes before there were rows: likes are rows, and the sums are those of the log. */
    async expectSound(base: number) {
      const { posts, ratings, sums, changes, ops } = await held()
      expect(sums).toEqual(changes)
      for (const [id, { likes }] of Object.entries(posts)) expect(likes).toBe(base + (ratings[id] ?? 0))
      return { sums, ops }
    },
  }
}

export type SoundDatabase = Awaited<ReturnType<typeof createSoundDatabase>>

/** Postgres refuses likes of sessions that begin with "barred", with the words of the twin in memory. */
export const BARRED = `
  create function barred() returns trigger language plpgsql as
    $$ begin raise exception 'a rule of the application forbids it' using errcode = '23514'; end $$;
  create trigger barred before insert on post_ratings for each row when (new.session_id like 'barred%')
    execute function barred()`
