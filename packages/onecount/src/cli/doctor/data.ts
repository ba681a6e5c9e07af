import type { Sql } from 'postgres'
import { someId } from '../../postgres/column-types'
import { repairPage } from '../connect'
import { add, type BlocksPage, NOTHING, type PostsPage, type Repaired, repairedRows } from '../repair'
import { type Finding, fail, ok } from './check'
import { type Made, shown } from './made'

/** How long one check looks at rows, milliseconds: what is looked at until then is a sample, from a place by chance. */
const LOOK_MS = 5000
/** Posts and blocks of a table in one look. */
const POSTS = 200
const BLOCKS = 1024

/** Invariant 1: likes are there, and not less than 0 or than there are rows. */
export async function checkCounts(sql: Sql, made: Made, lookMs = LOOK_MS): Promise<Finding> {
  const found = { ...NOTHING }
  const until = Date.now() + lookMs
  const [some] = await sql.unsafe(`select (${someId(made.kind)})::text as id`)
  // Null where there is none.
  const start = some!.id as string | null
  let posts = 0
  // From a random id to the end, then from the first one up to it.
  const ranges = [[start, null] as const, ...(start === null ? [] : [[null, start] as const])]
  for (const [from, to] of ranges) {
    for (let after: string | null = from; posts === 0 || Date.now() < until; ) {
      const args = { p_after: after, p_until: to, p_limit: POSTS, p_dry_run: true }
      const {
        last,
        posts: looked,
        ...counts
      } = (await repairPage(sql, 'posts', args, made.names.prefix)) as PostsPage
      add(found, counts)
      posts += looked
      after = last
      if (last === null) break
    }
  }
  const [size] = await sql`
    select greatest(reltuples, 0)::bigint as n from pg_class where oid = ${made.names.counts}::text::regclass`
  const looked = `${posts.toLocaleString('en')} ${made.kind.isDefault ? 'posts' : `of ${shown(made.names.content)}`}`
  return judge('counts', made, found, looked, share(posts, Number(size!.n)))
}

/** Every op can be beaten by a press of now, and says of its row what the row says. */
export async function checkOps(sql: Sql, made: Made, lookMs = LOOK_MS): Promise<Finding> {
  const { prefix, own, rows } = made.names
  const found = { ...NOTHING }
  let looked = 0
  let all = 0
  for (const step of ['ratings', 'tombstones'] as const) {
    const until = Date.now() + lookMs / 2
    const table = step === 'ratings' ? rows : `public.${own}tombstones`
    const [size] = await sql.unsafe(`select public.${prefix}blocks($1::text::regclass)::integer as blocks`, [
      table,
    ])
    const blocks = size!.blocks as number
    const pages = Math.ceil(blocks / BLOCKS)
    const first = Math.floor(Math.random() * pages)
    all += blocks
    for (let n = 0; n < pages && Date.now() < until; n++) {
      const from = ((first + n) % pages) * BLOCKS
      const args = { p_from: from, p_blocks: BLOCKS, p_limit: 1, p_dry_run: true }
      const {
        next: _,
        blocks: __,
        left: ___,
        ...counts
      } = (await repairPage(sql, step, args, prefix)) as BlocksPage
      add(found, counts)
      looked += Math.min(BLOCKS, blocks - from)
    }
  }
  const mib = Math.ceil((looked * 8) / 1024).toLocaleString('en')
  const tables = made.kind.isDefault ? 'ratings' : shown(rows)
  return judge('ops', made, found, `${mib} MiB of ${tables} and tombstones`, share(looked, all))
}

const share = (looked: number, all: number): string =>
  looked >= all * 0.99 ? 'all' : `about ${Math.max(1, Math.floor((100 * looked) / all))}%`

function judge(check: string, { repair }: Made, found: Repaired, looked: string, of: string): Finding {
  const rows = repairedRows(found)
  const at = of === 'all' ? looked : `${looked}, ${of}`
  return rows.length === 0
    ? ok(check, `sound (looked at ${at})`)
    : fail(check, `${rows.map(([kind, n]) => `${n} ${kind}`).join(', ')} (looked at ${at})`, repair)
}
