-- What is read: one indexed look-up for each post, pair or op that is answered, whatever the number of likes. How rows
-- are looked up: 0015_log.sql.

-- Posts as Postgres has them, with what Redis has not been told: [{post, count, rev, liked, op}], without the posts
-- that do not exist; `op` is the session's newest one, 0 when it has none. A null session: nobody's.
create or replace function public.onecount_peek(p_posts uuid[], p_session text) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
             'post', p.id, 'count', greatest(p.likes, greatest(r.op, t.op, 0) % 2), 'rev', p.likes_rev,
             'liked', greatest(r.op, t.op, 0) % 2 = 1, 'op', greatest(r.op, t.op, 0)
           )), '[]')
      from (select distinct id from unnest(p_posts) as e (id)) e
      cross join lateral (
        select id, likes, likes_rev from public.posts_new where id >= e.id and id <= e.id order by id limit 1
      ) p
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
  );
end $$;

-- What hydration needs, of one moment and as of the cut: without what no batch has told. {receipt, posts: [[post,
-- likes, rev]], session: {extent: 'all', ops: [[post, op]]}}, without the posts that do not exist. `receipt` is ''
-- before the first batch of the partition. The session's ops are all that it has in the partition; of one with more
-- than `p_most`, those on `p_pairs`, and the extent is 'some'. A null session: session is null.
create or replace function public.onecount_hydrate(
  p_partition integer, p_posts uuid[], p_session text, p_pairs uuid[], p_most integer
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant uuid := '00000000-0000-0000-0000-000000000000';
  v_partitions integer := (select partitions from public.like_settings);
  v_count integer;
  v_ops json;
begin
  if p_session is not null then
    select count(*), coalesce(json_agg(json_build_array(post_id, op)), '[]') into v_count, v_ops
      from (
        select o.post_id, coalesce(l.prev, o.op) as op
          from (
            (select post_id, op from public.post_ratings
              where (session_id, post_id) >= (p_session, NIL) and session_id <= p_session order by session_id, post_id)
            union all
            (select post_id, op from public.like_tombstones
              where (session_id, post_id) >= (p_session, NIL) and session_id <= p_session order by session_id, post_id)
          ) o
          left join lateral (
            select prev from public.like_log
             where post_id = any (array[o.post_id]) and session_id >= p_session and session_id <= p_session
               and nonce is null
             order by post_id, session_id, id limit 1
          ) l on true
         where (v_partitions = 1 or public.onecount_partition_of(o.post_id, v_partitions) = p_partition)
           and coalesce(l.prev, o.op) > 0
         limit p_most + 1
      ) held;
  end if;
  if v_count > p_most then
    select coalesce(json_agg(json_build_array(e.id, coalesce(l.prev, greatest(r.op, t.op)))), '[]') into v_ops
      from (select distinct id from unnest(p_pairs) as e (id)) e
      left join lateral (
        select op from public.post_ratings
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
         order by post_id, session_id limit 1
      ) r on true
      left join lateral (
        select op from public.like_tombstones
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
         order by post_id, session_id limit 1
      ) t on true
      left join lateral (
        select prev from public.like_log
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session and nonce is null
         order by post_id, session_id, id limit 1
      ) l on true
     where coalesce(l.prev, greatest(r.op, t.op)) > 0;
  end if;
  return json_build_object(
    'receipt', coalesce((select nonce from public.like_receipt where partition = p_partition), ''),
    'posts', (
      select coalesce(json_agg(json_build_array(
               p.id, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0), p.likes_rev)), '[]')
        from (select distinct id from unnest(p_posts) as e (id)) e
        cross join lateral (
          select id, likes, likes_rev from public.posts_new where id >= e.id and id <= e.id order by id limit 1
        ) p
        left join lateral (
          select change from public.like_log_sums where post_id >= e.id and post_id <= e.id order by post_id limit 1
        ) s on true
    ),
    'session', case when p_session is not null then json_build_object(
      'extent', case when v_count > p_most then 'some' else 'all' end, 'ops', v_ops
    ) end
  );
end $$;

-- Who likes what, by post and session, after the pair given: [[post, session, op]]; an empty page is the end.
create or replace function public.onecount_ratings(p_after_post uuid, p_after_session text, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_array(post_id, session_id, op)), '[]') from (
      select post_id, session_id, op from public.post_ratings
       where (post_id, session_id)
             > (coalesce(p_after_post, '00000000-0000-0000-0000-000000000000'), coalesce(p_after_session, ''))
       order by post_id, session_id limit p_limit
    ) r
  );
end $$;

-- The receipt of a partition (null before its first batch) and the Redis it belongs to, how many partitions there are, how
-- many ops of this one no batch has told, counted up to 10,000, and how many are set aside, counted up to 1,000:
-- {receipt, owner, partitions, unseen, refused}.
create or replace function public.onecount_cut_status(p_partition integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return json_build_object(
    'receipt', (select nonce from public.like_receipt where partition = p_partition),
    'owner', (select owner from public.like_receipt where partition = p_partition),
    'partitions', (select partitions from public.like_settings),
    'unseen', (
      select count(*) from (
        select from public.like_log
         where partition >= p_partition and partition <= p_partition and nonce is null
         order by partition, id limit 10000
      ) l
    ),
    'refused', json_array_length(public.onecount_refused(null, null, null, null, 1000))
  );
end $$;

-- The functions are the server's alone.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname like 'onecount\_%'
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', v_function);
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end $$;
