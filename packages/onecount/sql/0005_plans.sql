-- Every function answers by index, whatever the statistics of the tables say: they may be missing, of a time when a
-- table was empty, or right and tempting (one post with nearly all rows). docs/decisions/023 says why; in short:
--   a row is looked up with an order and a limit, and sorting is off: only the index on exactly these columns can
--   deliver that order. The conditions are ranges and arrays because they leave the order something to say: an
--   equality alone may be answered by any index that contains the column, also one that has to be read in full for it;
--   a row that was found is changed by its ctid, and its tableoid as tables may be partitioned, under its post's lock;
--   plans are generic, so that they are made once for a connection and not once more for each list.

-- Merges ops into the pairs of posts: the greater op wins. The posts are locked in the order of their ids. The
-- triggers for edits by hand look away meanwhile. `likes` is SET to likes plus the transitions that really happened,
-- so likes = base + count(ratings) always (invariant 1). With p_mark_applied what was applied is marked as unseen by
-- Redis; what was smaller than the op already there is always marked, with the greater op. Returns the posts that do
-- not exist.
create or replace function public.onecount_apply(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_revs bigint[], p_mark_applied boolean
) returns uuid[]
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_skipped bigint;
begin
  perform public.onecount_replan('public.posts_new');
  perform set_config('onecount.applying', 'on', true);
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
    cross join lateral (
      select from public.posts_new where id >= e.id and id <= e.id order by id limit 1 for no key update
    ) p;

  with entries as materialized (
    select post_id, session_id, max(op) as op, max(rev) as rev
      from unnest(p_posts, p_sessions, p_ops, p_revs) as e (post_id, session_id, op, rev)
     group by post_id, session_id
  ), pairs as materialized (
    select e.*, p.tid as post, p.part as post_part, r.tid as rating, r.part as rating_part,
           t.tid as tombstone, greatest(r.op, t.op, 0) as known
      from entries e
      cross join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where id >= e.post_id and id <= e.post_id order by id limit 1
      ) p
      left join lateral (
        select ctid as tid, tableoid as part, op from public.post_ratings
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), newer as materialized (
    select * from pairs where op > known
  ), rated as (
    insert into public.post_ratings (post_id, session_id, op, created_at)
    select post_id, session_id, op, to_timestamp(op / 2 / 1000000.0) from newer where op % 2 = 1
    on conflict (post_id, session_id) do update set op = excluded.op
    returning 1
  ), revived as (
    delete from public.like_tombstones t using newer n where n.op % 2 = 1 and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using newer n
     where n.op % 2 = 0 and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from newer where op % 2 = 0
    on conflict (post_id, session_id) do update set op = excluded.op
  ), unseen as (
    insert into public.like_unseen (post_id, session_id, op)
    select post_id, session_id, greatest(op, known) from pairs
     where op < known or op > known and p_mark_applied
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = excluded.op
  ), changed as (
    update public.posts_new p
       set likes = greatest(greatest(p.likes, 0) + d.delta, 0), likes_rev = greatest(p.likes_rev + 1, d.rev)
      from (
        select post, post_part, max(rev) as rev, sum(op % 2 - (rating is not null)::integer) as delta
          from newer group by post, post_part
      ) d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning 1
  )
  select (select count(*) from newer where op % 2 = 1 or rating is not null)
           - (select count(*) from rated) - (select count(*) from unrated)
           + (select count(*) from (select from newer group by post, post_part) posts) - (select count(*) from changed)
    into v_skipped;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);

  return array(
    select e.id from (select distinct id from unnest(p_posts) as e (id)) e
      left join lateral (
        select true as is_there from public.posts_new where id >= e.id and id <= e.id order by id limit 1
      ) p on true
     where p.is_there is null
  );
end $$;

-- What the posts would be with `pending` applied; writes nothing. Answers [{post, count, rev, liked, op}],
-- without the posts that do not exist; `op` is the session's newest one, 0 when it has none.
create or replace function public.onecount_peek(
  p_posts uuid[], p_session text, p_pending_posts uuid[], p_pending_sessions text[], p_pending_ops bigint[]
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    with pending as materialized (
      select e.post_id, e.session_id, max(e.op) as op
        from unnest(p_pending_posts, p_pending_sessions, p_pending_ops) as e (post_id, session_id, op)
       group by e.post_id, e.session_id
    ), newer as materialized (
      select e.post_id, e.session_id, e.op, r.op is not null as was_member
        from pending e
        left join lateral (
          select op from public.post_ratings
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) r on true
        left join lateral (
          select op from public.like_tombstones
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) t on true
       where e.op > greatest(r.op, t.op, 0)
    ), changes as materialized (
      select post_id, sum(op % 2 - was_member::integer) as delta, max(op) filter (where session_id = p_session) as op
        from newer group by post_id
    ), states as (
      select p.id, p.likes_rev, coalesce(c.op, r.op, t.op, 0) as op,
             greatest(greatest(p.likes, 0) + coalesce(c.delta, 0), coalesce(c.op, r.op, t.op, 0) % 2) as count
        from (select distinct id from unnest(p_posts) as e (id)) e
        cross join lateral (
          select id, likes, likes_rev from public.posts_new where id >= e.id and id <= e.id order by id limit 1
        ) p
        left join changes c on c.post_id = e.id
        left join lateral (
          select op from public.post_ratings
           where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
             and p_session is not null
           order by post_id, session_id limit 1
        ) r on true
        left join lateral (
          select op from public.like_tombstones
           where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
             and p_session is not null
           order by post_id, session_id limit 1
        ) t on true
    )
    select coalesce(json_agg(json_build_object(
      'post', id, 'count', count, 'rev', likes_rev, 'liked', op % 2 = 1, 'op', op
    )), '[]') from states
  );
end $$;

-- Everything of the posts that hydration needs, in one snapshot:
-- [{post, likes, rev, sessions, ops, unseenSessions, unseenOps}], without the posts that do not exist.
create or replace function public.onecount_snapshot(p_posts uuid[]) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'post', p.id, 'likes', greatest(p.likes, r.n), 'rev', p.likes_rev,
      'sessions', coalesce(r.sessions, '[]'), 'ops', coalesce(r.ops, '[]'),
      'unseenSessions', coalesce(u.sessions, '[]'), 'unseenOps', coalesce(u.ops, '[]')
    )), '[]')
    from (select distinct id from unnest(p_posts) as e (id)) e
    cross join lateral (
      select id, likes, likes_rev from public.posts_new where id >= e.id and id <= e.id order by id limit 1
    ) p
    cross join lateral (
      select json_agg(session_id) as sessions, json_agg(op) as ops, count(*) as n
        from (
          select session_id, op from public.post_ratings
           where post_id >= e.id and post_id <= e.id order by post_id, session_id
        ) r
    ) r
    cross join lateral (
      select json_agg(session_id) as sessions, json_agg(op) as ops
        from (
          select session_id, op from public.like_unseen
           where post_id >= e.id and post_id <= e.id order by post_id, session_id
        ) u
       where session_id <> ''
    ) u
  );
end $$;

-- One keyset page of all posts by id: [{post, likes, rev, ratings}]; `ratings` is the number of rows. The first page
-- begins after the nil UUID, so that every page is a range of the primary key.
create or replace function public.onecount_posts(p_after uuid, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'post', p.id, 'likes', greatest(p.likes, r.n), 'rev', p.likes_rev, 'ratings', r.n
    )), '[]')
    from (
      select id, likes, likes_rev from public.posts_new
       where id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
       order by id limit p_limit
    ) p
    cross join lateral (
      select count(*) as n from (
        select from public.post_ratings where post_id >= p.id and post_id <= p.id order by post_id, session_id
      ) r
    ) r
  );
end $$;

-- One keyset page of what a session likes, by post: [[post, op]].
create or replace function public.onecount_session(p_session text, p_after uuid, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_array(post_id, op)), '[]')
      from (
        select post_id, op from public.post_ratings
         where (session_id, post_id) > (p_session, coalesce(p_after, '00000000-0000-0000-0000-000000000000'))
           and session_id <= p_session
         order by session_id, post_id limit p_limit
      ) page
  );
end $$;

-- The receipt of a partition (null before its first batch) and how many ops Redis has not seen, counted up to
-- 10,000: {receipt, unseen}.
create or replace function public.onecount_status(p_partition integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return json_build_object(
    'receipt', (select nonce from public.like_receipt where partition = p_partition),
    'unseen', (
      select count(*) from (select from public.like_unseen order by post_id, session_id limit 10000) u
    )
  );
end $$;
