-- The drain's call, and the functions that move the log. How rows are looked up, and the order of locks: 30_merge.sql.

-- Gives rows of the log that no batch has told yet to the batch `p_nonce`: all of its pairs, and up to `p_limit` more
-- by id. Locks the posts of its pairs and of these rows.
create or replace function public.onecount_hand_out(
  p_partition integer, p_nonce text, p_posts {{type.post}}[], p_sessions {{type.session}}[], p_limit integer
) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_pairs integer := 0;
  v_ids bigint[];
  v_others {{type.post}}[];
  v_told bigint[];
begin
  perform from public.like_log
    where partition >= p_partition and partition <= p_partition and nonce is null order by partition, id limit 1;
  if found then
    select count(*) into v_pairs
      from unnest(p_posts, p_sessions) as e (post_id, session_id)
      cross join lateral (
        select nonce from public.like_log
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id, id
      ) l
     where l.nonce is null;
    select array_agg(id order by id), array_agg(post_id) into v_ids, v_others from (
      select id, post_id from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is null
       order by partition, id limit p_limit + v_pairs
    ) l;
  end if;
  perform public.onecount_lock(p_posts || v_others);

  -- What has been noted of the pairs until their posts were locked goes with them.
  perform from public.like_log
    where partition >= p_partition and partition <= p_partition and nonce is null order by partition, id limit 1;
  if not found then
    return;
  end if;
  v_told := array(
    select l.id from unnest(p_posts, p_sessions) as e (post_id, session_id)
      cross join lateral (
        select id, nonce from public.like_log
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id, id
      ) l
     where l.nonce is null
  );
  perform public.onecount_tell(v_told, p_nonce, null);
  perform public.onecount_tell(v_ids, p_nonce, p_limit);
end $$;

-- Gives rows of the log, whose posts are locked, to a batch: in this order, up to `p_limit` that no batch has yet. A post
-- that has come since the lock is not: its row may be locked by a transaction that waits for another post of the batch,
-- and is left to the next one.
create or replace function public.onecount_tell(p_ids bigint[], p_nonce text, p_limit integer) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  with rows as materialized (
    select l.tid from unnest(p_ids) as e (id)
      cross join lateral (
        select ctid as tid, nonce from public.like_log
         where id >= e.id and id <= e.id order by id limit 1 for update skip locked
      ) l
     where l.nonce is null
     limit p_limit
  ), told as (
    update public.like_log l set nonce = p_nonce from rows r where l.ctid = r.tid
    returning l.post_id, l.op % 2 - l.prev % 2 as change
  ), sums as materialized (
    select t.post_id, s.tid, coalesce(s.change, 0) - t.change as change
      from (select post_id, sum(change) as change from told group by post_id) t
      left join lateral (
        select ctid as tid, change from public.like_log_sums
         where post_id >= t.post_id and post_id <= t.post_id order by post_id limit 1
      ) s on true
  ), balanced as (
    delete from public.like_log_sums l using sums s where l.ctid = s.tid and s.change = 0
  ), made as (
    -- What was balanced is no more once a part of it is told.
    insert into public.like_log_sums (post_id, change)
    select post_id, change from sums where tid is null and change <> 0
  )
  update public.like_log_sums l set change = s.change from sums s where l.ctid = s.tid and s.change <> 0;
end $$;

-- What Redis has to learn from the batch `p_nonce`: {status: 'applied', receipt, rows:
-- [[post, session, op]], posts: [[post, likes]], refused: [[post, session, op, sqlstate, message, op that Postgres
-- holds]]}. Likes and ops are those of the cut: without ops that no batch has told. So a row tells the op of its pair
-- at the cut, which is a later one where the version before has drained in between; that of a row without a
-- session is 1 where the post was removed, or 0. Refused are ops that are ahead of the cut, with the reason in like_refused; `p_asked` names the entries that can be refused, null: all.
create or replace function public.onecount_drained(
  p_partition integer, p_nonce text, p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_asked integer[]
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    with pairs as materialized (
      select id as n, post_id, session_id, op, true as is_row from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is not null and nonce = p_nonce
      union all
      select n, post_id, session_id, op, false
        from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
       where p_asked is null
      union all
      select n, post_id, session_id, op, false
        from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
       where cardinality(p_asked) > 0 and n = any (p_asked)
    ), seen as materialized (
      select e.*, case when e.session_id = {{none}} then e.op else coalesce(l.prev, greatest(r.op, t.op, 0)) end as known
        from pairs e
        left join lateral (
          select {{row.op as op}} from public.post_ratings
           where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
           order by {{row.post}}, {{row.session}} limit 1
        ) r on true
        left join lateral (
          select op from public.like_tombstones
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) t on true
        left join lateral (
          select prev from public.like_log
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
             and nonce is null
           order by post_id, session_id, id limit 1
        ) l on true
    ), refused as materialized (
      select e.*, coalesce(f.sqlstate, '') as sqlstate, coalesce(f.message, '') as message
        from seen e
        cross join lateral (
          select from public.posts_new where {{post.id}} >= e.post_id and {{post.id}} <= e.post_id order by {{post.id}} limit 1
        ) p
        left join lateral (
          select sqlstate, message from public.like_refused
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) f on true
       where not e.is_row and e.op > e.known
    )
    select json_build_object(
      'status', 'applied',
      'receipt', (select nonce from public.like_receipt where partition = p_partition),
      'rows', (
        select coalesce(json_agg(json_build_array({{json post_id}}, session_id, known) order by n), '[]')
          from seen where is_row
      ),
      'posts', (
        select coalesce(json_agg(json_build_array(
                 {{json p.id}}, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0))), '[]')
          from (select post_id from pairs where is_row union select unnest(p_posts)) e (id)
          cross join lateral (
            select {{post.id as id}}, {{post.likes as likes}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
          ) p
          left join lateral (
            select change from public.like_log_sums
             where post_id >= e.id and post_id <= e.id order by post_id limit 1
          ) s on true
      ),
      'refused', (
        select coalesce(
                 json_agg(json_build_array({{json post_id}}, session_id, op, sqlstate, message, known) order by n), '[]')
          from refused
      )
    )
  );
end $$;

-- A Redis drains: from now on ops that Postgres accepts are logged. Redis learns of earlier ones by hydration alone, so the
-- receipts change, and Redis finds that it does not know this Postgres.
create or replace function public.onecount_begin_logging() returns void
language plpgsql set search_path = '' as $$
begin
  -- In the order of the version before, which notes what Redis has not seen under the receipt.
  perform from public.like_receipt order by partition for update;
  -- Another call may have done so while this one waited. It is not to wait for the settings then: a drain that has seen
  -- them waits for the receipt.
  if (select has_redis from public.like_settings) then
    return;
  end if;
  perform public.onecount_lock_settings();
  update public.like_settings set has_redis = true where not has_redis;
  if found then
    -- Of a Redis before, as far as it is not forgotten yet.
    delete from public.like_log;
    delete from public.like_log_sums;
    update public.like_receipt set nonce = gen_random_uuid()::text;
  end if;
end $$;

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
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_limit integer,
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
  v_absent {{type.post}}[] := '{}';
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
{{#table}}
            cross join lateral (
              select from {{content}}
               where {{content.id}} >= {{target e.id}} and {{content.id}} <= {{target e.id}}
               order by {{content.id}} limit 1 for key share skip locked
            ) t
{{/table}}
            cross join lateral (
              select {{post.id as id}} from public.posts_new
               where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update skip locked
            ) p
        ) l
      );
      v_has_returned := exists (
        select from unnest(v_absent) as e (id)
          cross join lateral (
            select from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
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
    select from json_array_elements(v_answer -> 'posts') e where (e ->> 0)::{{type.post}} = any (v_absent)
  ) then
    raise exception 'a post has come back while its ops were merged' using errcode = 'serialization_failure';
  end if;
  update public.like_receipt set answer = v_answer where partition = p_partition;
  return v_answer;
end $$;
