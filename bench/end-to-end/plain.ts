import type { Sql } from 'postgres'
import { POSTS } from '../stores'

/** Tables of an application that counts likes by itself: nothing of the engine. */
export const PLAIN_TABLES = `
  create table posts_new (id uuid primary key, likes integer not null default 0);
  create table post_ratings (
    post_id uuid not null references posts_new (id) on delete cascade, session_id text not null,
    created_at timestamptz not null default now(), unique (post_id, session_id));
  insert into posts_new (id)
  select ('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(1, ${POSTS}) n;
  analyze posts_new, post_ratings;`

export const plainKeys = {
  likes: (post: string) => `post:likes:${post}`,
  liked: (post: string) => `post:liked:${post}`,
  sessions: (session: string) => `session:likes:${session}`,
}

/** Both sides that write for themselves send these two. */
export async function writeLike(sql: Sql, post: string, session: string, count: number): Promise<void> {
  await sql`insert into post_ratings (post_id, session_id) values (${post}, ${session})
    on conflict (post_id, session_id) do update set created_at = now()`
  await sql`update posts_new set likes = ${count} where id = ${post}`
}
