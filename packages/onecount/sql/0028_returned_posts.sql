-- A batch whose post was gone when its ops were merged, and is there again when Redis is answered: the ops were told as
-- applied, and were nowhere. Only the drain is another one: it takes such a batch back, and Redis sends it again.

-- Applies one batch that Redis handed out under `p_nonce`, if `p_parent` is the receipt, and answers as
-- onecount_drained; the receipt is `<nonce>/<random>` then. A batch that was applied last is answered as it was the first
-- time, whatever became of its posts since: what Redis knows at a cut must not depend on when it asked. Anything
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
  v_absent uuid[] := '{}';
  v_has_returned boolean := false;
  v_answer json;
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
    -- There is none of a batch that the version before applied.
    select answer into v_answer from public.like_receipt
     where partition = p_partition and answer ->> 'receipt' = v_receipt;
    return coalesce(v_answer, public.onecount_drained(p_partition, p_nonce, p_posts, p_sessions, p_ops, null));
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
      -- A batch with a gone post is not merged whole. A post that has come since the lock is locked now, or the batch is
      -- undone below: to wait for the transaction that has it would be out of order.
      v_absent := array(
        select e.id from unnest(p_posts) as e (id)
        except
        select l.id from (
          select p.id from (select distinct id from unnest(p_posts) as e (id)) e
            cross join lateral (
              select id from public.posts_new
               where id >= e.id and id <= e.id order by id limit 1 for no key update skip locked
            ) p
        ) l
      );
      v_has_returned := exists (
        select from unnest(v_absent) as e (id)
          cross join lateral (
            select from public.posts_new where id >= e.id and id <= e.id order by id limit 1
          ) p
      );
      if v_has_returned then
        v_refused := '[]';
      else
        v_refused :=
          public.onecount_merge_sparing(p_posts, p_sessions, p_ops, p_revs, null, null, p_nonce) -> 'refused';
      end if;
    end;
  exception when others or assert_failure or query_canceled then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                            v_context = pg_exception_context;
    if public.onecount_is_outage(v_state, v_context) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  -- Without the answer before: every version of the row stays for as long as any transaction is open.
  update public.like_receipt set nonce = p_nonce || '/' || gen_random_uuid(), answer = null
   where partition = p_partition;

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
  v_answer := public.onecount_drained(
    p_partition, p_nonce, p_posts, p_sessions, p_ops,
    array(select (e ->> 0)::integer from json_array_elements(v_refused) e));
  -- Each statement sees what was committed when it began. Ops of a post that has come back since the merge are not in
  -- it, and Redis would be told that they are: the batch is undone, and comes again.
  if v_has_returned or exists (
    select from json_array_elements(v_answer -> 'posts') e where (e ->> 0)::uuid = any (v_absent)
  ) then
    raise exception 'a post has come back while its ops were merged' using errcode = 'serialization_failure';
  end if;
  update public.like_receipt set answer = v_answer where partition = p_partition;
  return v_answer;
end $$;
