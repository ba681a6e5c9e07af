-- Ops that are set aside in like_refused: listed, tried again, dropped. How rows are looked up: 30_merge.sql.

-- One page of the ops that are set aside and still matter, by pair, of one post or session where given:
-- [[post, session, op, sqlstate, message, refused at (ISO 8601)]]. An op does not matter any more once its pair has a
-- greater one, or its post is gone.
create or replace function public.onecount_refused(
  p_post {{type.post}}, p_session {{type.session}}, p_after_post {{type.post}}, p_after_session {{type.session}}, p_limit integer
) returns json
language sql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
  select coalesce(json_agg(json_build_array(
           {{json post_id}}, session_id, op, sqlstate, message,
           to_char(refused_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), '[]')
  from (
    select r.* from public.like_refused r
     where (r.post_id, r.session_id) > (
             coalesce(p_after_post, p_post, {{first}}), coalesce(p_after_session, {{none}}))
       and r.post_id <= coalesce(p_post, {{last r.post_id}})
       and (p_session is null or r.session_id = p_session)
       and exists (select from public.posts_new p where p.{{post.id}} >= r.post_id and p.{{post.id}} <= r.post_id order by p.{{post.id}} limit 1)
       and r.op > greatest(
         (select o.{{row.op}} from public.post_ratings o
              where {{row.post of o}} = any (array[r.post_id]) and o.{{row.session}} >= r.session_id and o.{{row.session}} <= r.session_id
              order by {{row.post of o}}, o.{{row.session}} limit 1),
         (select o.op from public.like_tombstones o
              where o.post_id = any (array[r.post_id]) and o.session_id >= r.session_id and o.session_id <= r.session_id
              order by o.post_id, o.session_id limit 1),
         0
       )
     order by r.post_id, r.session_id
     limit p_limit
  ) page;
$$;

-- Tries ops again that are set aside, each with its own op: exactly those that are given. What lands is noted in the
-- log. Answers how many {landed, refused} there are; one that does not matter any more counts as neither, and is
-- dropped.
create or replace function public.onecount_retry_refused(p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[])
returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_posts {{type.post}}[]; v_sessions {{type.session}}[]; v_ops bigint[];
  v_new boolean[];
  v_refused json;
begin
  perform public.onecount_lock(p_posts);
  -- What another one has resolved meanwhile is not there any more.
  with given as materialized (
    select r.tid from unnest(p_posts, p_sessions, p_ops) as e (post_id, session_id, op)
      cross join lateral (
        select ctid as tid, op from public.like_refused
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) r
     where r.op = e.op
  ), resolved as (
    delete from public.like_refused r using given g where r.ctid = g.tid
    returning r.post_id, r.session_id, r.op
  )
  select array_agg(post_id), array_agg(session_id), array_agg(op) into v_posts, v_sessions, v_ops from resolved;
  if v_posts is null then
    return json_build_object('landed', 0, 'refused', 0);
  end if;
  v_new := public.onecount_are_new(v_posts, v_sessions, v_ops);
  v_refused := public.onecount_merge_sparing(v_posts, v_sessions, v_ops, null, 0, null, null) -> 'refused';
  perform public.onecount_set_aside(v_posts, v_sessions, v_ops, v_refused);
  return json_build_object(
    'landed', (select count(*) from unnest(v_new) n where n) - json_array_length(v_refused),
    'refused', json_array_length(v_refused)
  );
end $$;

-- Drops ops that are set aside: exactly those that are given. `p_drop` is true; onecount_retry_refused tries them again.
create or replace function public.onecount_resolve_refused(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_drop boolean
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if p_drop is not true then
    raise exception 'onecount_resolve_refused only drops: use onecount_retry_refused';
  end if;
  with given as materialized (
    select r.tid
      from (
        select * from unnest(p_posts, p_sessions, p_ops) as e (post_id, session_id, op) order by post_id, session_id
      ) e
      cross join lateral (
        select ctid as tid, op from public.like_refused
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1 for update
      ) r
     where r.op = e.op
  )
  delete from public.like_refused r using given g where r.ctid = g.tid;
  return json_build_object('landed', 0, 'refused', 0);
end $$;
