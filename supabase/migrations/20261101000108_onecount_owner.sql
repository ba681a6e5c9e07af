-- Generated from packages/onecount/sql/0008_owner.sql by `npm run generate`. Do not edit.

-- The receipt belongs to one Redis, the first that syncs. Two of them on one Postgres would take turns at finding that
-- they have no history in common with it, and hydrate every post anew, for ever.

alter table public.like_receipt add column if not exists owner text;

drop function if exists public.onecount_sync(
  integer, text, text, uuid[], text[], bigint[], bigint[], uuid[], text[], bigint[], integer
);

-- Applies one batch that Redis handed out under `p_nonce`, if the last one applied was `p_parent` and the receipt is not
-- another Redis'. A null `p_owner` is not compared, and owns nothing.
-- Answers {status: 'applied', gone: [post], refused: [[post, session, op, sqlstate, message]], unseen: [[post, session,
-- op]]}; or with nothing changed {status: 'rejected', receipt}, {status: 'foreign', owner}, {status: 'refused',
-- sqlstate, message} where Postgres refuses every op, or {status: 'busy'} while another batch is being applied. An op
-- that is refused alone is set aside in like_refused by the same transaction.
create or replace function public.onecount_sync(
  p_partition integer, p_parent text, p_nonce text,
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_revs bigint[],
  p_seen_posts uuid[], p_seen_sessions text[], p_seen_ops bigint[],
  p_limit integer, p_owner text default null
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_receipt text;
  v_owner text;
  v_done json;
  v_state text;
  v_message text;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('onecount_sync', p_partition)) then
    return json_build_object('status', 'busy');
  end if;

  select nonce, owner into v_receipt, v_owner from public.like_receipt where partition = p_partition for update;
  if not found then
    v_receipt := gen_random_uuid()::text;
    insert into public.like_receipt (partition, nonce) values (p_partition, v_receipt);
  end if;
  if v_owner <> p_owner then
    return json_build_object('status', 'foreign', 'owner', v_owner);
  end if;
  if v_owner is null and p_owner is not null then
    update public.like_receipt set owner = p_owner where partition = p_partition;
  end if;
  if v_receipt is distinct from p_parent then
    return json_build_object('status', 'rejected', 'receipt', v_receipt);
  end if;
  begin
    v_done := public.onecount_spare(p_posts, p_sessions, p_ops, p_revs, false, null, null);
  exception when others or assert_failure then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
    if public.onecount_is_outage(v_state) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  update public.like_receipt set nonce = p_nonce where partition = p_partition;

  if json_array_length(v_done -> 'refused') > 0 or exists (select from public.like_refused) then
    -- A greater op of a pair, whatever became of it, comes in the place of one that was refused.
    with overtaken as materialized (
      select r.tid from unnest(p_posts, p_sessions, p_ops) e (post_id, session_id, op)
       cross join lateral (
         select ctid as tid, op from public.like_refused
          where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
          order by post_id, session_id limit 1
       ) r
       where r.op < e.op
    )
    delete from public.like_refused r using overtaken o where r.ctid = o.tid;
    perform public.onecount_set_aside(p_posts, p_sessions, p_ops, v_done -> 'refused');
  end if;

  -- In the order of their keys, as onecount_write touches them.
  with seen as materialized (
    select u.tid
      from (
        select * from unnest(p_seen_posts, p_seen_sessions, p_seen_ops) as s (post_id, session_id, op)
         order by post_id, session_id
      ) s
      cross join lateral (
        select ctid as tid, op from public.like_unseen
         where post_id = any (array[s.post_id]) and session_id >= s.session_id and session_id <= s.session_id
         order by post_id, session_id limit 1 for update
      ) u
     where u.op = s.op
  )
  delete from public.like_unseen u using seen s where u.ctid = s.tid;

  return json_build_object(
    'status', 'applied',
    'gone', v_done -> 'gone',
    'refused', (
      select coalesce(json_agg(json_build_array(p_posts[n], p_sessions[n], p_ops[n], e ->> 1, e ->> 2)), '[]')
        from json_array_elements(v_done -> 'refused') e, lateral (select (e ->> 0)::integer as n) position
    ),
    'unseen', coalesce((
      select json_agg(json_build_array(u.post_id, u.session_id, u.op))
        from (select * from public.like_unseen order by post_id, session_id limit p_limit) u
    ), '[]')
  );
end $$;

-- Gives the receipt to another Redis; what it was before must be said, so that two who do so do not overwrite each
-- other. Answers whose it is now.
create or replace function public.onecount_take_over(p_partition integer, p_owner text, p_from text) returns json
language plpgsql set search_path = '' as $$
begin
  update public.like_receipt set owner = p_owner where partition = p_partition and owner is not distinct from p_from;
  return to_json((select owner from public.like_receipt where partition = p_partition));
end $$;

-- The receipt of a partition (null before its first batch) and the Redis it belongs to, how many ops Redis has not seen,
-- counted up to 10,000, and how many are set aside, counted up to 1,000: {receipt, owner, unseen, refused}.
create or replace function public.onecount_status(p_partition integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return json_build_object(
    'receipt', (select nonce from public.like_receipt where partition = p_partition),
    'owner', (select owner from public.like_receipt where partition = p_partition),
    'unseen', (
      select count(*) from (select from public.like_unseen order by post_id, session_id limit 10000) u
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
