import type { Sql } from 'postgres'
import { expect } from 'vitest'

/** The newest op that Postgres holds of every pair, by `<post>|<session>`. */
export async function opsInPostgres(sql: Sql): Promise<Map<string, number>> {
  const rows = await sql`
    select post_id, session_id, op from post_ratings union all select post_id, session_id, op from like_tombstones`
  return new Map(rows.map(row => [`${row.post_id}|${row.session_id}`, Number(row.op)]))
}

/** Every post has its base and one like for each of its rows, and nothing is left that Redis has not been told. */
export async function expectBalanced(sql: Sql, bases: Map<string, number>): Promise<Map<string, number>> {
  const posts = await sql`
    select p.id, p.likes, count(r.post_id) as ratings
      from posts_new p left join post_ratings r on r.post_id = p.id group by p.id, p.likes`
  const likes = new Map(posts.map(row => [row.id as string, Number(row.likes)]))
  for (const { id, ratings } of posts) expect(likes.get(id), id).toBe(bases.get(id)! + Number(ratings))
  expect([...(await sql`select * from like_log where nonce is null`)]).toEqual([])
  expect([...(await sql`select * from like_log_sums where change <> 0`)]).toEqual([])
  return likes
}
