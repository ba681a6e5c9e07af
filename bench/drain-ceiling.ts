import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import postgres, { type ReservedSql } from 'postgres'
import { processorSeconds } from './end-to-end/processors'
import { round } from './statistics'
import { POSTS, postId } from './stores'

/** Each way to write rows: how many a second, and what PostgreSQL spends on one, microseconds. */
export type Ceiling = Record<string, { rowsPerSecond: number; micros: number }>

const ROWS = 50_000
/** Rows of one statement, which commits: as many as the largest batch of a drain. */
const BATCH = 5000
/** Rows of a post that follow each other, as in the batches of the backlog. */
const EACH = 20

interface Row {
  post: string
  session: string
  op: string
}

/** No count includes the sessions of these rows: counts of the posts are left as they are. */
function rowsOf(way: number): Row[] {
  return Array.from({ length: ROWS }, (_, n) => ({
    post: postId(1 + (Math.floor(n / EACH) % POSTS)),
    session: `ceiling-${way}-${n % EACH}`,
    op: String(3_528_000_000_000_001 + 2 * n),
  }))
}

const INSERT = `
  insert into post_ratings (post_id, session_id, op, created_at)
  select post_id, session_id, op, to_timestamp((op / 2)::double precision / 1000000)
    from unnest($1::text::uuid[], $2::text::text[], $3::text::bigint[]) e (post_id, session_id, op)`

type Way = (sql: ReservedSql, rows: Row[]) => Promise<void>

const insert: Way = async (sql, rows) => {
  for (let i = 0; i < rows.length; i += BATCH) {
    const part = rows.slice(i, i + BATCH)
    const column = (name: keyof Row) => `{${part.map(row => row[name]).join(',')}}`
    await sql.unsafe(INSERT, [column('post'), column('session'), column('op')], { prepare: true })
  }
}

const copy: Way = async (sql, rows) => {
  const into = await sql`copy post_ratings (post_id, session_id, op) from stdin`.writable()
  await pipeline(Readable.from(rows.map(row => `${row.post}\t${row.session}\t${row.op}\n`)), into)
}

const WAYS: [name: string, way: Way, triggers: boolean][] = [
  ['COPY', copy, true],
  ['INSERT of 5,000', insert, true],
  ['INSERT of 5,000, no foreign key or trigger', insert, false],
]

/** What rows cost in post_ratings as it is, with its indexes; edits by hand are not counted. `pid`: of PostgreSQL. */
export async function ceilingOf(databaseUrl: string, pid: number): Promise<Ceiling> {
  const pool = postgres(databaseUrl, { max: 1, onnotice() {} })
  const sql = await pool.reserve()
  const ceiling: Ceiling = {}
  try {
    await sql`select set_config('onecount.applying', 'on', false)`
    for (const [i, [name, way, triggers]] of WAYS.entries()) {
      const rows = rowsOf(i)
      await sql.unsafe(`set session_replication_role = ${triggers ? 'origin' : 'replica'}`)
      const [began, spent] = [performance.now(), processorSeconds(pid)]
      await way(sql, rows)
      ceiling[name] = {
        rowsPerSecond: Math.round(ROWS / ((performance.now() - began) / 1000)),
        micros: round(((processorSeconds(pid) - spent) * 1e6) / ROWS, 1),
      }
    }
  } finally {
    sql.release()
    await pool.end({ timeout: 1 })
  }
  return ceiling
}
