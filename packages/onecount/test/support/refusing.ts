import type { Stores } from './stores'

export const POSTS = Array.from({ length: 30 }, (_, i) => ({
  id: `80080000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: 10,
}))
export const [FULL, OTHER] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]
/** Of a post that no like fits into any more. */
export const MAX = 2147483647
/** A rule of the application that refuses likes of some sessions. */
export const BARRED = `
  create function barred() returns trigger language plpgsql as
    $$ begin raise exception 'session % is barred', new.session_id; end $$;
  create trigger barred before insert on post_ratings for each row when (new.session_id like 'barred%')
    execute function barred()`

/** New posts, one of them full. */
export async function beginRefusing(stores: Stores): Promise<void> {
  await stores.begin(POSTS)
  await stores.unnoticed(sql => sql`update posts_new set likes = ${MAX} where id = ${FULL.id}`)
}
