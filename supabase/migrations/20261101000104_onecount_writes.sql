-- Generated from packages/onecount/sql/0004_writes.sql by `npm run generate`. Do not edit.

-- Presses that go to Postgres first: while Redis is away, where there is none, and from moderation. They are judged
-- here, where the newest op of the pair and the revision of the post are known.
--
-- An op of 0 or 1 is no op yet: the pair gets a new one of this parity, later than everything that is known of it.
-- onecount_fallback stays for instances of the version before, which run while a deployment goes on.
--
-- How rows are looked up here, and the planner settings of the functions: see the head of 0005_plans.sql.

-- The checks of foreign keys are planned by Postgres itself, once for a connection. A plan of a time when posts_new
-- had few rows may read another index than the primary key in full, which cost nothing then. So a connection plans
-- anew while posts_new is small and has doubled.
create or replace function public.onecount_replan(p_posts regclass) returns void
language plpgsql set search_path = '' as $$
declare
  v_planned bigint := coalesce(nullif(current_setting('onecount.planned_bytes', true), ''), '0')::bigint;
  v_bytes bigint;
begin
  if v_planned > 1048576 then
    return;
  end if;
  v_bytes := pg_relation_size(p_posts);
  if v_bytes > 2 * v_planned then
    execute 'discard plans';
    perform set_config('onecount.planned_bytes', v_bytes::text, false);
  end if;
end $$;

-- A trigger or a policy may skip a row without an error. A press counts with its row or not at all (invariant 1).
create or replace function public.onecount_assert_written(p_skipped bigint) returns void
language plpgsql set search_path = '' as $$
begin
  if p_skipped <> 0 then
    raise exception using errcode = '23000',
      message = 'a trigger or policy of the application skips the row of post_ratings or posts_new';
  end if;
end $$;

-- One press. Answers {status: 'applied', post, count, rev, liked, op}, where `op` is the newest of the pair; or, with
-- nothing changed, {status: 'gone'} for a post that does not exist, {status: 'ahead'} for an op that lies more than
-- `p_ahead` microseconds after now, the newest op of the pair and the revision of the post. Null: no limit.
create or replace function public.onecount_write_one(
  p_post uuid, p_session text, p_op bigint, p_now bigint, p_ahead bigint
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_post tid;
  v_post_part oid;
  v_likes bigint;
  v_rev bigint;
  v_rating tid;
  v_rating_part oid;
  v_rating_op bigint;
  v_tombstone tid;
  v_tombstone_op bigint;
  v_known bigint;
  v_op bigint := p_op;
begin
  perform public.onecount_replan('public.posts_new');
  -- The lock on the post is the lock on its pairs.
  select ctid, tableoid, likes, likes_rev into v_post, v_post_part, v_likes, v_rev from public.posts_new
   where id >= p_post and id <= p_post order by id limit 1 for no key update;
  if not found then
    return json_build_object('status', 'gone');
  end if;
  select ctid, tableoid, op into v_rating, v_rating_part, v_rating_op from public.post_ratings
   where post_id = any (array[p_post]) and session_id >= p_session and session_id <= p_session
   order by post_id, session_id limit 1;
  select ctid, op into v_tombstone, v_tombstone_op from public.like_tombstones
   where post_id = any (array[p_post]) and session_id >= p_session and session_id <= p_session
   order by post_id, session_id limit 1;
  v_known := greatest(v_rating_op, v_tombstone_op, 0);

  if v_op <= 1 then
    v_op := p_op + 2 * greatest(p_now, v_known / 2 + 1, case when p_now + 5000000 < v_rev then v_rev + 5000001 end);
  elsif v_op / 2 > greatest(p_now, v_known / 2, v_rev) + p_ahead then
    return json_build_object('status', 'ahead');
  end if;

  if v_op > v_known then
    perform set_config('onecount.applying', 'on', true);
    if v_op % 2 = 1 then
      insert into public.post_ratings (post_id, session_id, op, created_at)
      values (p_post, p_session, v_op, to_timestamp(v_op / 2 / 1000000.0))
      on conflict (post_id, session_id) do update set op = excluded.op;
      if not found then
        perform public.onecount_assert_written(1);
      end if;
      if v_tombstone is not null then
        delete from public.like_tombstones where ctid = v_tombstone;
      end if;
    else
      insert into public.like_tombstones (post_id, session_id, op) values (p_post, p_session, v_op)
      on conflict (post_id, session_id) do update set op = excluded.op;
      if v_rating is not null then
        delete from public.post_ratings where ctid = v_rating and tableoid = v_rating_part;
        if not found then
          perform public.onecount_assert_written(1);
        end if;
      end if;
    end if;
    v_likes := greatest(greatest(v_likes, 0) + v_op % 2 - (v_rating is not null)::integer, 0);
    v_rev := greatest(v_rev + 1, p_now);
    update public.posts_new set likes = v_likes, likes_rev = v_rev where ctid = v_post and tableoid = v_post_part;
    if not found then
      perform public.onecount_assert_written(1);
    end if;
    perform set_config('onecount.applying', '', true);
  end if;
  if v_op <> v_known then
    v_op := greatest(v_op, v_known);
    insert into public.like_unseen (post_id, session_id, op) values (p_post, p_session, v_op)
    on conflict (post_id, session_id) do update set op = excluded.op;
  end if;
  return json_build_object(
    'status', 'applied', 'post', p_post, 'count', greatest(v_likes, v_op % 2), 'rev', v_rev,
    'liked', v_op % 2 = 1, 'op', v_op
  );
end $$;

-- Many presses at once, of each pair at most one: the answers of onecount_write_one, in the order of the presses, with
-- the counts that the posts have afterwards. Posts are locked in the order of their ids, and rows of like_unseen are
-- touched in the order of their keys, so that batches of several processes wait for each other and never in a circle.
create or replace function public.onecount_write(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_now bigint, p_ahead bigint
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_result json;
  v_skipped bigint;
begin
  perform public.onecount_replan('public.posts_new');
  perform set_config('onecount.applying', 'on', true);
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
    cross join lateral (
      select from public.posts_new where id >= e.id and id <= e.id order by id limit 1 for no key update
    ) p;

  with entries as materialized (
    select e.n, e.post_id, e.session_id, e.op as given, p.tid as post, p.part as post_part, p.likes, p.likes_rev as rev,
           r.tid as rating, r.part as rating_part, t.tid as tombstone, greatest(r.op, t.op, 0) as known,
           case when e.op > 1 then e.op
             else e.op + 2 * greatest(p_now, greatest(r.op, t.op, 0) / 2 + 1,
                                      case when p_now + 5000000 < p.likes_rev then p.likes_rev + 5000001 end)
           end as op
      from unnest(p_posts, p_sessions, p_ops) with ordinality as e (post_id, session_id, op, n)
      left join lateral (
        select ctid as tid, tableoid as part, likes, likes_rev from public.posts_new
         where id >= e.post_id and id <= e.post_id order by id limit 1
      ) p on true
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
  ), judged as materialized (
    select *,
           case when post is null then 'gone'
                when given > 1 and op / 2 > greatest(p_now, known / 2, rev) + p_ahead then 'ahead'
                else 'applied' end as status
      from entries
  ), newer as materialized (
    select * from judged where status = 'applied' and op > known
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
    select post_id, session_id, greatest(op, known) from judged
     where status = 'applied' and op <> known
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = excluded.op
  ), changed as (
    update public.posts_new p
       set likes = greatest(greatest(p.likes, 0) + d.delta, 0), likes_rev = greatest(p.likes_rev + 1, p_now)
      from (
        select post, post_part, sum(op % 2 - (rating is not null)::integer) as delta from newer group by post, post_part
      ) d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning p.id, p.likes, p.likes_rev
  )
  select json_agg(
           case status when 'applied' then json_build_object(
             'status', status, 'post', post_id,
             'count', greatest(coalesce(c.likes, j.likes), greatest(op, known) % 2),
             'rev', coalesce(c.likes_rev, j.rev), 'liked', greatest(op, known) % 2 = 1, 'op', greatest(op, known)
           ) else json_build_object('status', status) end
           order by n),
         (select count(*) from newer where op % 2 = 1 or rating is not null)
           - (select count(*) from rated) - (select count(*) from unrated)
           + (select count(*) from (select from newer group by post) posts) - (select count(*) from changed)
    into v_result, v_skipped
    from judged j left join changed c on c.id = j.post_id;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);
  return coalesce(v_result, '[]');
end $$;

-- As onecount_write, for presses of which Postgres may refuse some: these answer
-- {status: 'refused', sqlstate, message}, and the others as if they had come alone. Where every press is refused as any
-- other would be, that is the whole answer.
create or replace function public.onecount_write_sparing(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_now bigint, p_ahead bigint
) returns json
language plpgsql set search_path = '' as $$
declare
  v_done json;
  v_state text; v_message text;
begin
  begin
    v_done := public.onecount_spare(p_posts, p_sessions, p_ops, '{}', true, p_now, p_ahead);
  exception when others or assert_failure then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
    if public.onecount_is_outage(v_state) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  return (
    select coalesce(json_agg(coalesce(w.why, r.result) order by r.n), '[]')
      from json_array_elements(v_done -> 'results') with ordinality r (result, n)
      left join lateral (
        select json_build_object('status', 'refused', 'sqlstate', e ->> 1, 'message', e ->> 2) as why
          from json_array_elements(v_done -> 'refused') e where (e ->> 0)::bigint = r.n
      ) w on true
  );
end $$;

revoke execute on function
  public.onecount_replan(regclass),
  public.onecount_assert_written(bigint),
  public.onecount_write_one(uuid, text, bigint, bigint, bigint),
  public.onecount_write(uuid[], text[], bigint[], bigint, bigint),
  public.onecount_write_sparing(uuid[], text[], bigint[], bigint, bigint)
  from public, anon, authenticated;
grant execute on function
  public.onecount_replan(regclass),
  public.onecount_assert_written(bigint),
  public.onecount_write_one(uuid, text, bigint, bigint, bigint),
  public.onecount_write(uuid[], text[], bigint[], bigint, bigint),
  public.onecount_write_sparing(uuid[], text[], bigint[], bigint, bigint)
  to service_role;
