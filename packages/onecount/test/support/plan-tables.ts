import type { Sql } from 'postgres'

/** One post has nearly all of the million rows; a hundred thousand others are beside it. */
export const HOT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export const coldPost = (n: number) => `60060001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
const HOT_ROWS = 970_000
const COLD_POSTS = 100_000
const COLD_ROWS = 30_000
/** A session that likes a quarter of the posts. */
export const EVERYWHERE = 'everywhere'
/** Redis is so many ops behind, in each of two partitions. */
const UNSEEN = 20_000
/** So many ops are set aside, each of a post of its own. */
export const REFUSED = 20_000
export const REFUSED_OP = 3590000000000003

/** Tables that no function may read from their first page to their last. */
export const OURS = [
  'posts_new',
  'post_ratings',
  'like_tombstones',
  'like_unseen',
  'like_refused',
  'like_log',
  'like_log_sums',
]

/** Postgres refuses every op of a session that begins with "barred". */
const BARRED = `
  create function barred() returns trigger language plpgsql as
    $$ begin raise exception 'a session is barred'; end $$;
  create trigger barred before insert on post_ratings for each row when (new.session_id like 'barred%')
    execute function barred();
  create trigger barred_too before delete on post_ratings for each row when (old.session_id like 'barred%')
    execute function barred()`

/** As a restore does it: without the work of triggers. */
export async function fill(owner: Sql): Promise<void> {
  await owner.unsafe(`
    set session_replication_role = replica;
    create function cold(n bigint) returns uuid language sql immutable as
      $$ select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid $$;
    insert into posts_new (id, author_id, caption, image_url, likes)
      select '${HOT}', id, '', '', ${HOT_ROWS} from profiles
      union all
      select cold(n), p.id, '', '', 1 from profiles p, generate_series(0, ${COLD_POSTS - 1}) n
      on conflict do nothing;
    insert into post_ratings (post_id, session_id, op)
      select '${HOT}'::uuid, 'hot-' || n, 2 * n + 1 from generate_series(1, ${HOT_ROWS}) n
      union all select '${HOT}'::uuid, 'barred', 3;
    insert into post_ratings (post_id, session_id, op)
      select cold(n), 'cold-' || n % 1000, 2 * n + 1 from generate_series(0, ${COLD_ROWS - 1}) n
      union all select cold(4 * n), '${EVERYWHERE}', 3 from generate_series(0, ${COLD_POSTS / 4 - 1}) n
      on conflict do nothing;
    insert into like_tombstones (post_id, session_id, op)
      select cold(n), 'un-' || n % 1000, 2 from generate_series(0, ${COLD_ROWS - 1}) n;
    insert into like_log (partition, post_id, session_id, op, prev)
      select 1, '${HOT}'::uuid, 'hot-' || n, 2 * n + 1, 0 from generate_series(1, ${UNSEEN}) n
      union all select 0, cold(n), 'cold-' || n % 1000, 2 * n + 1, 0 from generate_series(0, ${UNSEEN - 1}) n;
    insert into like_log_sums (post_id, change) select cold(n), 1 from generate_series(0, ${UNSEEN - 1}) n;
    insert into like_refused (post_id, session_id, op, sqlstate, message)
      select cold(n), 'barred', ${REFUSED_OP}, 'P0001', 'barred' from generate_series(0, ${REFUSED - 1}) n;
    set session_replication_role = origin;`)
  await owner.unsafe(BARRED)
}
