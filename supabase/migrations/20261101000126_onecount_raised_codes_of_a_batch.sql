-- Generated from packages/onecount/sql/0026_raised_codes_of_a_batch.sql by `npm run generate`. Do not edit.

-- The drain tells what an application raises from an outage: 0025_raised_codes.sql.

-- Applies one batch that Redis handed out under `p_nonce`, if `p_parent` is the receipt, and answers as
-- onecount_drained; the receipt is `<nonce>/<random>` then. A batch that was applied last is answered again. Anything
-- else is {status: 'rejected', receipt}, with nothing changed; so are {status: 'foreign', owner} where the receipt is
-- another Redis' (a null `p_owner` is not compared, and owns nothing), {status: 'repartitioned', partitions} where there
-- is another number of them than the caller believes (null: not compared), and {status: 'refused', sqlstate, message} where
-- Postgres refuses every op; an op that is refused alone is set aside in like_refused. Of two calls at
-- once one waits for the other.
create or replace function public.onecount_drain(
  p_partition integer, p_parent text, p_nonce text,
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_revs bigint[], p_limit integer,
  p_owner text default null, p_partitions integer default null
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_receipt text;
  v_owner text;
  v_partitions integer;
  v_refused json;
  v_state text; v_message text; v_context text;
begin
  if not (select has_redis from public.like_settings) then
    perform public.onecount_begin_logging();
  end if;
  v_partitions := public.onecount_partitions();
  if v_partitions <> p_partitions then
    return json_build_object('status', 'repartitioned', 'partitions', v_partitions);
  end if;
  select nonce, owner into v_receipt, v_owner from public.like_receipt where partition = p_partition for update;
  if not found then
    insert into public.like_receipt (partition, nonce) values (p_partition, gen_random_uuid()::text)
    on conflict (partition) do nothing;
    select nonce, owner into v_receipt, v_owner from public.like_receipt where partition = p_partition for update;
  end if;
  if v_owner <> p_owner then
    return json_build_object('status', 'foreign', 'owner', v_owner);
  end if;
  if v_owner is null and p_owner is not null then
    update public.like_receipt set owner = p_owner where partition = p_partition;
  end if;
  if split_part(v_receipt, '/', 1) = p_nonce then
    return public.onecount_drained(p_partition, p_nonce, p_posts, p_sessions, p_ops, null);
  end if;
  if v_receipt is distinct from p_parent then
    return json_build_object('status', 'rejected', 'receipt', v_receipt);
  end if;

  begin
    -- Redis has settled the batch that they came with.
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is not null order by partition, id
    ));
    perform public.onecount_hand_out(p_partition, p_nonce, p_posts, p_sessions, p_limit);
    begin
      perform public.onecount_merge_whole(p_posts, p_sessions, p_ops, p_revs, p_nonce);
      v_refused := '[]';
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_context = pg_exception_context;
      if public.onecount_is_outage(sqlstate, v_context) then
        raise;
      end if;
      v_refused :=
        public.onecount_merge_sparing(p_posts, p_sessions, p_ops, p_revs, null, null, p_nonce) -> 'refused';
    end;
  exception when others or assert_failure or query_canceled then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                            v_context = pg_exception_context;
    if public.onecount_is_outage(v_state, v_context) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  update public.like_receipt set nonce = p_nonce || '/' || gen_random_uuid() where partition = p_partition;

  if json_array_length(v_refused) > 0 or exists (select from public.like_refused) then
    -- A greater op of a pair, whatever became of it, comes in the place of one that was refused.
    with overtaken as materialized (
      select r.tid
        from (
          select * from unnest(p_posts, p_sessions, p_ops) as e (post_id, session_id, op) order by post_id, session_id
        ) e
       cross join lateral (
         select ctid as tid, op from public.like_refused
          where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
          order by post_id, session_id limit 1
       ) r
       where r.op < e.op
    )
    delete from public.like_refused r using overtaken o where r.ctid = o.tid;
    perform public.onecount_set_aside(p_posts, p_sessions, p_ops, v_refused);
  end if;

  -- Notes for a Redis of the version before: it finds that this is not its receipt, and hydrates every post anew.
  delete from public.like_unseen where ctid = any (array(
    select ctid from public.like_unseen order by post_id, session_id limit p_limit for update skip locked
  ));
  return public.onecount_drained(
    p_partition, p_nonce, p_posts, p_sessions, p_ops,
    array(select (e ->> 0)::integer from json_array_elements(v_refused) e));
end $$;
