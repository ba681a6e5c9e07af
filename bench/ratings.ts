import type { Sql } from 'postgres'
import { POSTS, postId } from './stores'

export const sessionId = (n: number) => `5e550001-aaaa-bbbb-cccc-${n.toString(16).padStart(12, '0')}`

/** The same ids in SQL, of a number that is an SQL expression. */
export const sqlPost = (n: string) => `('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(${n}), 12, '0'))::uuid`
export const sqlSession = (n: string) => `'5e550001-aaaa-bbbb-cccc-' || lpad(to_hex(${n}), 12, '0')`

/** So many different posts at most that a session likes. */
const STEP = 3571

/** Writes the rows of a query (post, session) as an application had them before: likes = rows afterwards. */
export async function writeRatings(sql: Sql, rows: string): Promise<void> {
  await sql.begin(async transaction => {
    await transaction`select set_config('onecount.applying', 'on', true)`
    await transaction.unsafe(`insert into post_ratings (post_id, session_id) ${rows}`)
    await transaction.unsafe(`
      update posts_new p set likes = r.n
        from (select post_id, count(*) as n from post_ratings group by post_id) r
       where p.id = r.post_id and p.likes <> r.n`)
  })
  await sql`analyze posts_new, post_ratings`
}

/** Sessions 1 to `sessions` like `likes` posts each, all posts about equally often. */
export const spreadRatings = (sessions: number, likes: number): string => `
  select ${sqlPost(`1 + (s * 7919 + k * ${STEP}) % ${POSTS}`)}, ${sqlSession('s')}
    from generate_series(1, ${sessions}) s, generate_series(1, ${likes}) k`

/** The k-th like (from 1) of a session in `spreadRatings`. */
export const spreadPost = (session: number, k: number): string =>
  postId(1 + ((session * 7919 + k * STEP) % POSTS))
