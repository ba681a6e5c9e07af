import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { expect } from 'vitest'
import type { Calls } from './plan-calls'
import { coldPost, HOT } from './plan-tables'

let deleted = 0

/** Edits by hand, and pages of the repair. */
export function edits(sql: Sql): Calls {
  return {
    'a row inserted by hand': {
      n: 1,
      run: () => sql`insert into post_ratings (post_id, session_id) values (${HOT}, ${randomUUID()})`,
    },
    'a row deleted by hand': {
      n: 1,
      run: () => sql`delete from post_ratings where post_id = ${HOT} and session_id = 'hot-4'`,
    },
    'likes raised by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = likes + 1 where id = ${HOT}`,
    },
    'a page of the repair of posts': {
      n: 100,
      run: async () => {
        await unnoticed(sql, `update posts_new set likes_rev = -1 where id = '${coldPost(20)}'`)
        const [row] = await sql`select onecount_repair_posts(${coldPost(10)}, null, 100, false) as done`
        expect(row!.done).toMatchObject({ revisions: 1 })
      },
    },
    'a page of the repair of ratings': {
      n: 4,
      run: () => sql`select onecount_repair_ratings(5, 4, 500, false)`,
    },
    'a page of the repair of tombstones': {
      // Each of the rows of a block.
      n: 4 * 100,
      run: () => sql`select onecount_repair_tombstones(1, 4, 500, false)`,
    },
    'likes made missing by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = null where id = ${coldPost(30)}`,
    },
    'likes made negative by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = -1 where id = ${coldPost(31)}`,
    },
    'missing likes set by hand': {
      n: 2,
      run: async () => {
        await unnoticed(
          sql,
          `alter table posts_new disable trigger onecount_clamp_likes;
           update posts_new set likes = null where id = '${coldPost(32)}';
           alter table posts_new enable trigger onecount_clamp_likes`,
        )
        await sql`update posts_new set likes = 5 where id = ${coldPost(32)}`
      },
    },
    'rows moved by hand': {
      n: 4,
      run: async () => {
        await sql`delete from post_ratings where post_id = ${coldPost(34)} and session_id = 'cold-33'`
        await sql`update post_ratings set post_id = ${coldPost(34)}
                   where post_id = ${coldPost(33)} and session_id = 'cold-33'`
        await sql`update post_ratings set post_id = ${coldPost(33)}
                   where post_id = ${coldPost(34)} and session_id = 'cold-33'`
      },
    },
    'posts deleted by hand': {
      n: 50,
      run: () => {
        const first = 50_000 + 100 * deleted++
        return sql`delete from posts_new where id = any (${Array.from({ length: 50 }, (_, i) => coldPost(first + i))})`
      },
    },
  }
}

/** Leaves rows behind as a restore does. */
const unnoticed = (sql: Sql, text: string) =>
  sql.unsafe(`begin; select set_config('onecount.applying', 'on', true); ${text}; commit`)
