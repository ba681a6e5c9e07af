import type { Sql } from 'postgres'
import { type Finding, fail, ok, warn } from './check'

/** Rows of the log that are counted. */
const COUNTED = 100_000
/** More than this is not told to Redis within a minute. */
const MANY = 50_000

/** As many partitions as the application has. */
export function judgePartitions(inPostgres: number, own = 1): Finding {
  const name = 'partitions'
  return inPostgres === own
    ? ok(name, String(own))
    : fail(
        name,
        `Postgres is set to ${inPostgres}, this command to ${own}`,
        `give every process ${inPostgres} (ONECOUNT_PARTITIONS), or change them with npx onecount partitions ${own}`,
      )
}

export async function checkPartitions(sql: Sql, own?: number): Promise<Finding> {
  const [row] = await sql`select partitions from public.like_settings`
  return judgePartitions(row!.partitions, own)
}

/** What Postgres has taken without Redis: how much there is, whether it is told, and whether its sums are right. */
export async function checkLog(sql: Sql): Promise<Finding> {
  const name = 'log'
  const [row] = await sql`
    with rows as materialized (select post_id, partition, op, prev, nonce from public.like_log limit ${COUNTED})
    select (select count(*)::integer from rows) as rows,
           (select count(*)::integer from rows where nonce is null) as untold,
           (select count(*)::integer from rows, public.like_settings s where rows.partition >= s.partitions) as astray`
  const { rows, untold, astray } = row as unknown as { rows: number; untold: number; astray: number }
  const found = `${rows >= COUNTED ? `${COUNTED} or more` : rows} rows, ${untold} of them not told to Redis`
  if (astray > 0)
    return fail(
      name,
      `${astray} rows of partitions that are not there`,
      'select onecount_set_partitions(partitions) from like_settings while no application runs',
    )
  if (rows < COUNTED && (await wrongSums(sql)) > 0)
    return fail(
      name,
      `like_log_sums do not fit ${found}`,
      'stop every application, and delete from like_log; delete from like_log_sums; delete from like_receipt',
    )
  return rows > MANY
    ? warn(name, found, 'rows were edited in bulk, or nothing drains: see that npx onecount worker runs')
    : ok(name, found)
}

/** Posts whose likes as of the cut are computed wrongly. */
async function wrongSums(sql: Sql): Promise<number> {
  const [row] = await sql`
    select count(*)::integer as n
      from (select post_id, sum(op % 2 - prev % 2) as change from public.like_log where nonce is null group by post_id) l
      full join public.like_log_sums s using (post_id)
     where coalesce(l.change, 0) <> coalesce(s.change, 0)`
  return row!.n
}
