import type { Sql } from 'postgres'
import { repairPage } from '../connect'
import { add, type BlocksPage, NOTHING, type PostsPage, type Repaired, repairedRows } from '../repair'
import { APPLY_MIGRATIONS } from '../unreachable'
import { type Finding, fail, ok, warn } from './check'

export const REPAIR = 'npx onecount repair'

/** How long one check looks at rows, milliseconds: what is looked at until then is a sample, from a place by chance. */
const LOOK_MS = 5000
/** Posts and blocks of a table in one look. */
const POSTS = 200
const BLOCKS = 1024

/** Invariant 1: likes are there, and not less than 0 or than there are rows. */
export async function checkCounts(sql: Sql, lookMs = LOOK_MS): Promise<Finding> {
  const found = { ...NOTHING }
  const until = Date.now() + lookMs
  const start = crypto.randomUUID()
  let posts = 0
  // From a random id to the end, then from the first one up to it.
  const ranges = [
    [start, null],
    [null, start],
  ] as const
  for (const [from, to] of ranges) {
    for (let after: string | null = from; posts === 0 || Date.now() < until; ) {
      const args = { p_after: after, p_until: to, p_limit: POSTS, p_dry_run: true }
      const { last, posts: looked, ...counts } = (await repairPage(sql, 'posts', args)) as PostsPage
      add(found, counts)
      posts += looked
      after = last
      if (last === null) break
    }
  }
  const [size] = await sql`
    select greatest(reltuples, 0)::bigint as n from pg_class where oid = 'public.posts_new'::regclass`
  return judge('counts', found, `${posts.toLocaleString('en')} posts`, share(posts, Number(size!.n)))
}

/** Every op can be beaten by a press of now, and says of its row what the row says. */
export async function checkOps(sql: Sql, lookMs = LOOK_MS): Promise<Finding> {
  const found = { ...NOTHING }
  let looked = 0
  let all = 0
  for (const step of ['ratings', 'tombstones'] as const) {
    const until = Date.now() + lookMs / 2
    const table = step === 'ratings' ? 'public.post_ratings' : 'public.like_tombstones'
    const [size] = await sql`select public.onecount_blocks(${table}::text::regclass)::integer as blocks`
    const blocks = size!.blocks as number
    const pages = Math.ceil(blocks / BLOCKS)
    const first = Math.floor(Math.random() * pages)
    all += blocks
    for (let n = 0; n < pages && Date.now() < until; n++) {
      const from = ((first + n) % pages) * BLOCKS
      const args = { p_from: from, p_blocks: BLOCKS, p_limit: 1, p_dry_run: true }
      const { next: _, blocks: __, left: ___, ...counts } = (await repairPage(sql, step, args)) as BlocksPage
      add(found, counts)
      looked += Math.min(BLOCKS, blocks - from)
    }
  }
  const mib = Math.ceil((looked * 8) / 1024).toLocaleString('en')
  return judge('ops', found, `${mib} MiB of ratings and tombstones`, share(looked, all))
}

const share = (looked: number, all: number): string =>
  looked >= all * 0.99 ? 'all' : `about ${Math.max(1, Math.floor((100 * looked) / all))}%`

function judge(check: string, found: Repaired, looked: string, of: string): Finding {
  const rows = repairedRows(found)
  const at = of === 'all' ? looked : `${looked}, ${of}`
  return rows.length === 0
    ? ok(check, `sound (looked at ${at})`)
    : fail(check, `${rows.map(([kind, n]) => `${n} ${kind}`).join(', ')} (looked at ${at})`, REPAIR)
}

const NOT_NULL = ['posts_new.likes_rev', 'post_ratings.op']

/** What keeps strange ops out from now on. */
export async function checkConstraints(sql: Sql): Promise<Finding> {
  const columns = await sql`
    select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = 'public' and is_nullable = 'YES' and table_name || '.' || column_name in ${sql(NOT_NULL)}`
  if (columns.length > 0)
    return fail('constraints', `may be null: ${columns.map(row => row.name).join(', ')}`, APPLY_MIGRATIONS)
  const [constraint] = await sql`
    select convalidated as valid from pg_constraint
     where conrelid = 'public.post_ratings'::regclass and conname = 'post_ratings_op_likes'`
  if (!constraint) return fail('constraints', 'post_ratings_op_likes is missing', REPAIR)
  return constraint.valid
    ? ok('constraints', 'ops of ratings are odd')
    : warn('constraints', 'post_ratings_op_likes is not validated', REPAIR)
}
