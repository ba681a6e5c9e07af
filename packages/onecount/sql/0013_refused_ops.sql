-- What is set aside (0007_refused.sql): listed, tried again, dropped. Rows are looked up as in 0005_plans.sql.

-- One page of what is set aside and still matters, by pair, of one post or session where given:
-- [[post, session, op, sqlstate, message, refused at (ISO 8601)]]. An op does not matter any more once its pair has a
-- greater one, or its post is gone.
create or replace function public.onecount_refused(
  p_post uuid, p_session text, p_after_post uuid, p_after_session text, p_limit integer
) returns json
language sql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
  select coalesce(json_agg(json_build_array(
           post_id, session_id, op, sqlstate, message,
           to_char(refused_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), '[]')
  from (
    select r.* from public.like_refused r
     where (r.post_id, r.session_id) > (
             coalesce(p_after_post, p_post, '00000000-0000-0000-0000-000000000000'), coalesce(p_after_session, ''))
       and r.post_id <= coalesce(p_post, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
       and (p_session is null or r.session_id = p_session)
       and exists (select from public.posts_new p where p.id >= r.post_id and p.id <= r.post_id order by p.id limit 1)
       and r.op > greatest(
         (select o.op from public.post_ratings o
              where o.post_id = any (array[r.post_id]) and o.session_id >= r.session_id and o.session_id <= r.session_id
              order by o.post_id, o.session_id limit 1),
         (select o.op from public.like_tombstones o
              where o.post_id = any (array[r.post_id]) and o.session_id >= r.session_id and o.session_id <= r.session_id
              order by o.post_id, o.session_id limit 1),
         0
       )
     order by r.post_id, r.session_id
     limit p_limit
  ) page;
$$;

-- Tries ops again that are set aside, each with its own op, or drops them: exactly those that are given. Redis learns of
-- what lands as of any op that it has not seen. Answers how many {landed, refused} there are; one that does not matter
-- any more counts as neither, and is dropped.
create or replace function public.onecount_resolve_refused(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_drop boolean
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_posts uuid[]; v_sessions text[]; v_ops bigint[];
  v_new boolean[];
  v_done json := '{"refused": []}';
begin
  -- What another one has resolved meanwhile is not there any more.
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
  ), resolved as (
    delete from public.like_refused r using given g where r.ctid = g.tid
    returning r.post_id, r.session_id, r.op
  )
  select array_agg(post_id order by post_id, session_id), array_agg(session_id order by post_id, session_id),
         array_agg(op order by post_id, session_id)
    into v_posts, v_sessions, v_ops from resolved;
  if p_drop or v_posts is null then
    return json_build_object('landed', 0, 'refused', 0);
  end if;
  v_new := public.onecount_are_new(v_posts, v_sessions, v_ops);
  v_done := public.onecount_spare(v_posts, v_sessions, v_ops, array_fill(0::bigint, array[cardinality(v_ops)]), true,
                                  null, null);
  perform public.onecount_set_aside(v_posts, v_sessions, v_ops, v_done -> 'refused');
  return json_build_object(
    'landed', (select count(*) from unnest(v_new) n where n) - json_array_length(v_done -> 'refused'),
    'refused', json_array_length(v_done -> 'refused')
  );
end $$;

revoke execute on function
  public.onecount_refused(uuid, text, uuid, text, integer),
  public.onecount_resolve_refused(uuid[], text[], bigint[], boolean)
  from public, anon, authenticated;
grant execute on function
  public.onecount_refused(uuid, text, uuid, text, integer),
  public.onecount_resolve_refused(uuid[], text[], bigint[], boolean)
  to service_role;
