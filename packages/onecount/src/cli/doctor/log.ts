import type { Sql } from 'postgres'
import { type Finding, fail, ok, warn } from './check'
import type { Made } from './made'

/** Rows of the log that are counted. */
const COUNTED = 100_000
/** More than this is not told to Redis within a minute. */
const MANY = 50_000

/** As many partitions as the application has; `kind`: the options that name a kind to a command. */
export function judgePartitions(inPostgres: number, own = 1, kind = ''): Finding {
  const name = 'partitions'
  return inPostgres === own
    ? ok(name, String(own))
    : fail(
        name,
        `Postgres is set to ${inPostgres}, this command to ${own}`,
        `give every process ${inPostgres} (ONECOUNT_PARTITIONS), or change them with npx onecount partitions ${own}${kind}`,
      )
}

export async function checkPartitions(sql: Sql, { kind, names }: Made, own?: number): Promise<Finding> {
  const [row] = await sql.unsafe(`select partitions from public.${names.own}settings`)
  return judgePartitions(row!.partitions, own, kind.isDefault ? '' : ` --kind ${kind.name}`)
}

/**
 * Ops that Postgres applied without Redis: how many, whether Redis is told of them, and whether their sums are right.
 */
export async function checkLog(sql: Sql, { names }: Made): Promise<Finding> {
  const name = 'log'
  const { own, prefix } = names
  const [row] = await sql.unsafe(`
    with rows as materialized (select partition, nonce from public.${own}log limit ${COUNTED})
    select (select count(*)::integer from rows) as rows,
           (select count(*)::integer from rows where nonce is null) as untold,
           (select count(*)::integer from rows, public.${own}settings s where rows.partition >= s.partitions) as astray`)
  const { rows, untold, astray } = row as unknown as { rows: number; untold: number; astray: number }
  const found = `${rows >= COUNTED ? `${COUNTED} or more` : rows} rows, ${untold} of them not told to Redis`
  if (astray > 0)
    return fail(
      name,
      `${astray} rows of partitions that are not there`,
      `select ${prefix}set_partitions(partitions) from ${own}settings while no application runs`,
    )
  if (rows < COUNTED && (await wrongSums(sql, own)) > 0)
    return fail(
      name,
      `${own}log_sums do not fit ${found}`,
      `stop every application, and delete from ${own}log; delete from ${own}log_sums; delete from ${own}receipt`,
    )
  return rows > MANY
    ? warn(name, found, 'rows were edited in bulk, or nothing drains: see that npx onecount worker runs')
    : ok(name, found)
}

/** Posts whose likes as of the cut are computed wrongly. */
async function wrongSums(sql: Sql, own: string): Promise<number> {
  const [row] = await sql.unsafe(`
    select count(*)::integer as n
      from (select post_id, sum(op % 2 - prev % 2) as change from public.${own}log where nonce is null group by post_id) l
      full join public.${own}log_sums s using (post_id)
     where coalesce(l.change, 0) <> coalesce(s.change, 0)`)
  return row!.n
}
