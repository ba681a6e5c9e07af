-- Reads: one indexed look-up for each post, pair or op that is answered, whatever the number of likes. How rows are looked
-- up: 30_merge.sql.

-- Posts as Postgres has them, with ops that Redis has not been told: [{post, count, rev, liked, op}], without the posts
-- that do not exist; `op` is the session's newest one, 0 when it has none. Without a session (null) every op is 0.
create or replace function public.onecount_peek(p_posts {{type.post}}[], p_session {{type.session}}) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
             'post', {{json p.id}}, 'count', greatest(p.likes, greatest(r.op, t.op, 0) % 2), 'rev', p.likes_rev,
             'liked', greatest(r.op, t.op, 0) % 2 = 1, 'op', greatest(r.op, t.op, 0)
           )), '[]')
      from (select distinct id from unnest(p_posts) as e (id)) e
      cross join lateral (
        select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p
      left join lateral (
        select {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.id]) and {{row.session}} >= p_session and {{row.session}} <= p_session
           and p_session is not null
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select op from public.like_tombstones
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
           and p_session is not null
         order by post_id, session_id limit 1
      ) t on true
  );
end $$;

-- A snapshot for hydration, of one moment and as of the cut: without ops that no batch has told. {receipt, posts: [[post,
-- likes, rev]], session: {extent: 'all', ops: [[post, op]]}}, without the posts that do not exist. `receipt` is ''
-- before the first batch of the partition. The session's ops are all that it has in the partition; of one with more
-- than `p_most`, those on `p_pairs`, and the extent is 'some'. It is 'some' too while Redis has not been told of a post
-- that was removed: its ratings are gone, and were there at the cut. A null session: session is null.
create or replace function public.onecount_hydrate(
  p_partition integer, p_posts {{type.post}}[], p_session {{type.session}}, p_pairs {{type.post}}[], p_most integer
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant {{type.post}} := {{first}};
  v_partitions integer := (select partitions from public.like_settings);
  v_count integer;
  v_ops json;
begin
  if p_session is not null then
    select count(*), coalesce(json_agg(json_build_array({{json post_id}}, op)), '[]') into v_count, v_ops
      from (
        select o.post_id, coalesce(l.prev, o.op) as op
          from (
            (select {{row.post as post_id}}, {{row.op as op}} from public.post_ratings
              where ({{row.session}}, {{row.post}}) >= (p_session, NIL) and {{row.session}} <= p_session{{#variants}} and {{row.counted}}{{/variants}} order by {{row.session}}, {{row.post}})
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
    select coalesce(json_agg(json_build_array({{json e.id}}, coalesce(l.prev, greatest(r.op, t.op)))), '[]') into v_ops
      from (select distinct id from unnest(p_pairs) as e (id)) e
      left join lateral (
        select {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.id]) and {{row.session}} >= p_session and {{row.session}} <= p_session
         order by {{row.post}}, {{row.session}} limit 1
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
               {{json p.id}}, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0), p.likes_rev)), '[]')
        from (select distinct id from unnest(p_posts) as e (id)) e
        cross join lateral (
          select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
        ) p
        left join lateral (
          select change from public.like_log_sums where post_id >= e.id and post_id <= e.id order by post_id limit 1
        ) s on true
    ),
    'session', case when p_session is not null then json_build_object(
      'extent', case
        when v_count > p_most or exists (
          select from public.like_log
           where partition >= p_partition and partition <= p_partition and nonce is null and session_id = {{none}}
        ) then 'some' else 'all' end,
      'ops', v_ops
    ) end
  );
end $$;

-- The same for many sessions at once: {receipt, posts, sessions: [[session, extent, [[post, op]]]]}, a session once. Of one
-- with more than `p_most` ops those on its own pairs are told, p_pairs of p_pair_sessions.
create or replace function public.onecount_hydrate_many(
  p_partition integer, p_posts {{type.post}}[], p_sessions {{type.session}}[],
  p_pair_sessions {{type.session}}[], p_pairs {{type.post}}[], p_most integer
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant {{type.post}} := {{first}};
  v_partitions integer := (select partitions from public.like_settings);
  v_is_forgotten boolean := exists (
    select from public.like_log
     where partition >= p_partition and partition <= p_partition and nonce is null and session_id = {{none}}
  );
begin
  return json_build_object(
    'receipt', coalesce((select nonce from public.like_receipt where partition = p_partition), ''),
    'posts', (
      select coalesce(json_agg(json_build_array(
               {{json p.id}}, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0), p.likes_rev)), '[]')
        from (select distinct id from unnest(p_posts) as e (id)) e
        cross join lateral (
          select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
        ) p
        left join lateral (
          select change from public.like_log_sums where post_id >= e.id and post_id <= e.id order by post_id limit 1
        ) s on true
    ),
    'sessions', (
      select coalesce(json_agg(json_build_array(
               w.session_id, case when held.count > p_most or v_is_forgotten then 'some' else 'all' end,
               case when held.count <= p_most then held.ops else (
                 select coalesce(json_agg(json_build_array({{json e.id}}, coalesce(l.prev, greatest(r.op, t.op)))), '[]')
                   from (
                     select distinct id from unnest(p_pairs, p_pair_sessions) as e (id, session_id)
                      where e.session_id = w.session_id
                   ) e
                   left join lateral (
                     select {{row.op as op}} from public.post_ratings
                      where {{row.post}} = any (array[e.id]) and {{row.session}} >= w.session_id and {{row.session}} <= w.session_id
                      order by {{row.post}}, {{row.session}} limit 1
                   ) r on true
                   left join lateral (
                     select op from public.like_tombstones
                      where post_id = any (array[e.id]) and session_id >= w.session_id and session_id <= w.session_id
                      order by post_id, session_id limit 1
                   ) t on true
                   left join lateral (
                     select prev from public.like_log
                      where post_id = any (array[e.id]) and session_id >= w.session_id and session_id <= w.session_id
                        and nonce is null
                      order by post_id, session_id, id limit 1
                   ) l on true
                  where coalesce(l.prev, greatest(r.op, t.op)) > 0
               ) end)), '[]')
        from (select distinct session_id from unnest(p_sessions) as w (session_id)) w
        cross join lateral (
          select count(*) as count, coalesce(json_agg(json_build_array({{json post_id}}, op)), '[]') as ops
            from (
              select o.post_id, coalesce(l.prev, o.op) as op
                from (
                  (select {{row.post as post_id}}, {{row.op as op}} from public.post_ratings
                    where ({{row.session}}, {{row.post}}) >= (w.session_id, NIL) and {{row.session}} <= w.session_id{{#variants}} and {{row.counted}}{{/variants}} order by {{row.session}}, {{row.post}})
                  union all
                  (select post_id, op from public.like_tombstones
                    where (session_id, post_id) >= (w.session_id, NIL) and session_id <= w.session_id order by session_id, post_id)
                ) o
                left join lateral (
                  select prev from public.like_log
                   where post_id = any (array[o.post_id]) and session_id >= w.session_id and session_id <= w.session_id
                     and nonce is null
                   order by post_id, session_id, id limit 1
                ) l on true
               where (v_partitions = 1 or public.onecount_partition_of(o.post_id, v_partitions) = p_partition)
                 and coalesce(l.prev, o.op) > 0
               limit p_most + 1
            ) told
        ) held
    )
  );
end $$;

-- One keyset page of all posts by id: [{post, likes, rev, ratings}]; `ratings` is the number of rows. The first page
-- begins after the smallest id that there can be, so that every page is a range of the primary key.
create or replace function public.onecount_posts(p_after {{type.post}}, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'post', {{json p.id}}, 'likes', greatest(p.likes, r.n), 'rev', p.likes_rev, 'ratings', r.n
    )), '[]')
    from (
      select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new
       where {{post.id}} > coalesce(p_after, {{first}})
       order by {{post.id}} limit p_limit
    ) p
    cross join lateral (
      select count(*) as n from (
        select from public.post_ratings where {{row.post}} >= p.id and {{row.post}} <= p.id order by {{row.post}}, {{row.session}}
      ) r
    ) r
  );
end $$;

-- One keyset page of all posts by id: [[post, likes]], a range of the primary key whatever the statistics say.
create or replace function public.onecount_likes(p_after {{type.post}}, p_limit integer) returns json
language sql stable
set search_path = '' set jit = off set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
  select coalesce(json_agg(json_build_array({{json id}}, greatest(likes, 0))), '[]')
  from (
    select {{post.id as id}}, {{post.likes as likes}} from public.posts_new
     where {{post.id}} > coalesce(p_after, {{first}})
     order by {{post.id}}
     limit p_limit
  ) page;
$$;

-- Of posts with equal counts the one with the greater id comes first: the order in which Redis lists them, where an id
-- is text.

-- The most liked posts as Postgres knows them: [[post, likes]]. Reads every post once, as there is no index on likes
-- (decision 021): callers share an answer for a while.
create or replace function public.onecount_ranking(p_limit integer) returns json
language sql stable set search_path = '' set jit = off as $$
  select coalesce(json_agg(json_build_array({{json id}}, greatest(likes, 0))), '[]')
  from (select {{post.id as id}}, {{post.likes as likes}} from public.posts_new order by {{post.likes}} desc nulls last, {{bytes post.id}} desc limit p_limit) top;
$$;

-- One keyset page of the likes of a session, by post: [[post, op]].
create or replace function public.onecount_session(p_session {{type.session}}, p_after {{type.post}}, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_array({{json post_id}}, op)), '[]')
      from (
        select {{row.post as post_id}}, {{row.op as op}} from public.post_ratings
         where ({{row.session}}, {{row.post}}) > (p_session, coalesce(p_after, {{first}}))
           and {{row.session}} <= p_session{{#variants}} and {{row.counted}}{{/variants}}
         order by {{row.session}}, {{row.post}} limit p_limit
      ) page
  );
end $$;

-- One page of ratings, by post and session, after the pair given: [[post, session, op]]; an empty page is the end.
create or replace function public.onecount_ratings(p_after_post {{type.post}}, p_after_session {{type.session}}, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_array({{json post_id}}, session_id, op)), '[]') from (
      select {{row.post as post_id}}, {{row.session as session_id}}, {{row.op as op}} from public.post_ratings
       where ({{row.post}}, {{row.session}})
             > (coalesce(p_after_post, {{first}}), coalesce(p_after_session, {{none}})){{#variants}} and {{row.counted}}{{/variants}}
       order by {{row.post}}, {{row.session}} limit p_limit
    ) r
  );
end $$;

-- Removes a post with all that is known of it; false when there is none.
create or replace function public.onecount_remove_post(p_post {{type.post}}) returns boolean
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
{{#column}}
declare
  v_post tid;
  v_part oid;
{{/column}}
begin
{{#column}}
  select ctid, tableoid into v_post, v_part from public.posts_new
   where {{post.id}} >= p_post and {{post.id}} <= p_post order by {{post.id}} limit 1 for update;
  if not found then
    return false;
  end if;
  -- There is no count that its rows could be taken from.
  perform set_config('onecount.applying', 'on', true);
  delete from public.posts_new where ctid = v_post and tableoid = v_part;
  perform set_config('onecount.applying', '', true);
  return true;
{{/column}}
{{#table}}
  -- The count goes with the row that it belongs to{{#variants}}, and all of its variants with it{{/variants}}.
  perform set_config('onecount.applying', 'on', true);
  delete from {{content}} where {{content.id}} = {{target p_post}};
  if not found then
    perform set_config('onecount.applying', '', true);
    return false;
  end if;
  perform set_config('onecount.applying', '', true);
  return true;
{{/table}}
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
