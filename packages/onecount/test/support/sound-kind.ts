import type { PostgresServer } from '@onecount/dev-stack/postgres-server'
import type { Kind } from 'onecount'
import { countedType } from '../../src/core/variants'
import { kindDatabase, namesOf, targetOf } from './kinds'
import type { SoundDatabase } from './sound-database'

const BOOKKEEPING = ['tombstones', 'unseen', 'refused', 'receipt', 'log', 'log_sums']

/** As `createSoundDatabase`, of a kind; a Redis drains it. */
export async function createSoundKind(
  server: PostgresServer,
  name: string,
  kind: Kind,
): Promise<Pick<SoundDatabase, 'sql' | 'clear' | 'addPosts' | 'removePost' | 'setPartitions' | 'held'>> {
  const sql = await kindDatabase(server, name, kind)
  const n = namesOf(kind)
  const type = kind.target.id
  await sql.unsafe(`update ${n.own}settings set has_redis = true`)
  return {
    sql,
    /** Without the work of triggers. */
    clear: () =>
      sql.unsafe(
        `set session_replication_role = replica; delete from ${n.content}; delete from ${n.counts};
         delete from ${n.rows}; ${BOOKKEEPING.map(table => `delete from ${n.own}${table};`).join(' ')}
         set session_replication_role = origin`,
      ),
    async addPosts(posts) {
      const ids = posts.map(({ id }) => id)
      const targets = [...new Set(ids.map(targetOf))]
      const likes = posts.map(({ likes }) => String(likes))
      await sql.begin(async tx => {
        await tx`select set_config(${n.applying}, 'on', true)`
        await tx.unsafe(`insert into ${n.content} (${n.id}) select unnest($1::text[]::${type}[])`, [targets])
        await tx.unsafe(
          `update ${n.counts} c set ${n.count} = e.likes
             from unnest($1::text[]::${countedType(kind)}[], $2::text[]::bigint[]) e (id, likes) where c.${n.countsId} = e.id`,
          [ids, likes],
        )
      })
    },
    async removePost(id) {
      await sql.unsafe(`delete from ${n.content} where ${n.id}::text = $1`, [targetOf(id)])
    },
    setPartitions: partitions => sql.unsafe(`select ${n.own}set_partitions(${partitions})`) as never,
    async held() {
      const [row] = await sql.unsafe(`select
        (select coalesce(json_object_agg(${n.countsId}::text, json_build_object('likes', ${n.count}, 'rev', ${n.rev})), '{}')
           from ${n.counts}) as posts,
        (select coalesce(json_object_agg(post || '|' || session, op), '{}') from (
           select (${n.post})::text as post, ${n.actor}::text as session, onecount_op as op from ${n.rows}
           union all select post_id::text, session_id::text, op from ${n.own}tombstones) o) as ops,
        (select coalesce(json_object_agg(post, n), '{}') from (
           select (${n.post})::text as post, count(*) as n from ${n.rows} group by 1) r) as ratings,
        (select coalesce(json_object_agg(post_id::text, change), '{}') from ${n.own}log_sums where change <> 0) as sums,
        (select coalesce(json_object_agg(post, change), '{}') from (
           select post_id::text as post, sum(op % 2 - prev % 2) as change from ${n.own}log where nonce is null
            group by 1 having sum(op % 2 - prev % 2) <> 0) l) as changes`)
      return row as unknown as Awaited<ReturnType<SoundDatabase['held']>>
    },
  }
}

/** Postgres refuses likes of this actor, with the words of the twin in memory. */
export const barredFrom = (kind: Kind, actor: string): string => {
  const { rows, actor: column } = namesOf(kind)
  return `
    create function barred() returns trigger language plpgsql as
      $$ begin raise exception 'a rule of the application forbids it' using errcode = '23514'; end $$;
    create trigger barred before insert on ${rows} for each row when (new.${column} = '${actor}')
      execute function barred()`
}
