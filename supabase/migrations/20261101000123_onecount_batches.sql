-- Generated from packages/onecount/sql/0023_batches.sql by `npm run generate`. Do not edit.

-- Batches in one pass: a batch of which Postgres takes every op needs neither halves nor answers to single presses. How
-- rows are looked up: 0015_log.sql; the order of locks: 0016_merge.sql. The answer to a batch is kept with its receipt.

alter table public.like_receipt add column if not exists answer json;

-- Merges a whole batch into the pairs of posts that are locked, as onecount_merge, for less: ops of new pairs are
-- inserted as they are, and each post is looked up once. Raises where the batch is not that simple: a post is gone, a
-- rating was inserted by hand meanwhile, or an op is refused. The caller merges it anew then, sparing what is refused.
create or replace function public.onecount_merge_whole(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_revs bigint[], p_nonce text
) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partitions integer := public.onecount_partitions();
  v_skipped bigint;
begin
  perform set_config('onecount.applying', 'on', true);
  with judged as materialized (
    select e.*, r.tid as rating, r.part as rating_part, t.tid as tombstone, greatest(r.op, t.op, 0) as known,
           e.op > greatest(r.op, t.op, 0) as is_newer, e.op % 2 = 1 as is_like
      from unnest(p_posts, p_sessions, p_ops, p_revs) as e (post_id, session_id, op, rev)
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
  ), rated as (
    insert into public.post_ratings (post_id, session_id, op, created_at)
    select post_id, session_id, op, to_timestamp((op / 2)::double precision / 1000000)
      from judged where is_newer and is_like and rating is null
    returning 1
  ), rated_again as (
    -- As a press does: what an application has to say of an insert it says of this one too.
    insert into public.post_ratings (post_id, session_id, op, created_at)
    select post_id, session_id, op, to_timestamp((op / 2)::double precision / 1000000)
      from judged where is_newer and is_like and rating is not null
    on conflict (post_id, session_id) do update set op = excluded.op
    returning 1
  ), revived as (
    delete from public.like_tombstones t using judged n
     where n.tombstone is not null and n.is_newer and n.is_like and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using judged n
     where n.rating is not null and n.is_newer and not n.is_like and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from judged where is_newer and not is_like
    on conflict (post_id, session_id) do update set op = excluded.op
  ), deltas as materialized (
    select d.*, p.tid as post, p.part as post_part
      from (
        select post_id, max(rev) as rev, sum(is_like::integer - (rating is not null)::integer) as delta,
               count(*) filter (where is_like or rating is not null) as written
          from judged where is_newer group by post_id
      ) d
      left join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where id >= d.post_id and id <= d.post_id order by id limit 1
      ) p on true
  ), changed as (
    update public.posts_new p
       set likes = greatest(greatest(p.likes, 0) + d.delta, 0), likes_rev = greatest(p.likes_rev + 1, d.rev)
      from deltas d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning 1
  ), beaten as (
    insert into public.like_log (partition, post_id, session_id, op, prev, nonce)
    select public.onecount_partition_of(j.post_id, v_partitions), j.post_id, j.session_id, j.known, j.known, p_nonce
      from judged j
      cross join lateral (
        select from public.posts_new where id >= j.post_id and id <= j.post_id order by id limit 1
      ) p
      left join lateral (
        select true as is_told from public.like_log
         where post_id = any (array[j.post_id]) and session_id >= j.session_id and session_id <= j.session_id
           and op = j.known
         order by post_id, session_id, id limit 1
      ) l on true
     where not j.is_newer and j.op < j.known and l.is_told is null
  )
  select coalesce(sum(written), 0) + count(*)
           - (select count(*) from rated) - (select count(*) from rated_again) - (select count(*) from unrated)
           - (select count(*) from changed)
    into v_skipped
    from deltas;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);
  -- A constraint that is deferred would speak only when nothing can be set aside any more.
  set constraints all immediate;
end $$;

-- What Redis has to learn from the batch `p_nonce`: {status: 'applied', receipt, rows:
-- [[post, session, op]], posts: [[post, likes]], refused: [[post, session, op, sqlstate, message, op that Postgres
-- holds]]}. Likes and ops are those of the cut: without what no batch has told. So a row tells the op that its pair has
-- at the cut, which is a later one where the version before has drained in between. Refused is what lies ahead of the
-- cut, why is what is set aside of the pair; `p_asked` names the entries that can be, null: all.
create or replace function public.onecount_drained(
  p_partition integer, p_nonce text, p_posts uuid[], p_sessions text[], p_ops bigint[], p_asked integer[]
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
      select e.*, coalesce(l.prev, greatest(r.op, t.op, 0)) as known
        from pairs e
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
          select from public.posts_new where id >= e.post_id and id <= e.post_id order by id limit 1
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
        select coalesce(json_agg(json_build_array(post_id, session_id, known) order by n), '[]')
          from seen where is_row
      ),
      'posts', (
        select coalesce(json_agg(json_build_array(
                 p.id, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0))), '[]')
          from (select post_id from pairs where is_row union select unnest(p_posts)) e (id)
          cross join lateral (
            select id, likes from public.posts_new where id >= e.id and id <= e.id order by id limit 1
          ) p
          left join lateral (
            select change from public.like_log_sums
             where post_id >= e.id and post_id <= e.id order by post_id limit 1
          ) s on true
      ),
      'refused', (
        select coalesce(
                 json_agg(json_build_array(post_id, session_id, op, sqlstate, message, known) order by n), '[]')
          from refused
      )
    )
  );
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
  update public.like_receipt set answer = v_answer where partition = p_partition;
  return v_answer;
end $$;

revoke execute on function public.onecount_merge_whole(uuid[], text[], bigint[], bigint[], text)
  from public, anon, authenticated;
grant execute on function public.onecount_merge_whole(uuid[], text[], bigint[], bigint[], text) to service_role;
