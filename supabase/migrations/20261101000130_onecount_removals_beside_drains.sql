-- Generated from packages/onecount/sql/0030_removals_beside_drains.sql by `npm run generate`. Do not edit.

-- A post that is deleted beside a drain. The deletion waited for rows of the log that the drain deletes, and the drain
-- for the post: PostgreSQL ended one of them. And a note that a drain was about to tell was taken for one that tells
-- this deletion too, so that Redis showed a post that is gone. No transaction that holds a post waits for a row of the
-- log any more, and only a note that no batch can tell before the transaction ends is one that tells its change.

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

-- What the functions of the version before note for their Redis is noted in the log too, so that Redis is told
-- whichever version drains. What the pair was before is not known here: the op counts as seen. A post is to be
-- forgotten once, however often that is noted before Redis is told; as one that was removed, if it was.
--
-- The note that is there already is locked, so that no batch tells it before this transaction ends. One that another
-- transaction holds is as good as told, and there is another one then: Redis may forget a post twice.
create or replace function public.onecount_log_unseen() returns trigger
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  -- Before any row of the log: what changes the settings waits for those rows.
  v_partitions integer := public.onecount_partitions();
begin
  if v_partitions is null then
    return null;
  end if;
  if new.session_id = '' then
    new.op := new.op % 2;
    perform from public.like_log
      where post_id = any (array[new.post_id]) and session_id >= '' and session_id <= '' and nonce is null
        and op >= new.op
      order by post_id, session_id, id limit 1 for update skip locked;
    if found then
      return null;
    end if;
  end if;
  insert into public.like_log (partition, post_id, session_id, op, prev)
  values (public.onecount_partition_of(new.post_id, v_partitions), new.post_id, new.session_id, new.op, new.op);
  return null;
end $$;

-- A post that was removed, or whose likes were set: Redis forgets it, and hydrates it anew where it still exists. Likes
-- that are set are likes of the cut at once; rows of the log for single ops stay. An odd op says that it was removed.
create or replace function public.onecount_post_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if tg_op = 'DELETE' then
    -- Before any row of the log: what changes the settings waits for those rows.
    perform public.onecount_partitions();
    delete from public.like_unseen where post_id = old.id;
    delete from public.like_refused where post_id = old.id;
    -- Rows that are locked are those that a drain deletes, which may wait for this post, or that it tells.
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log
       where post_id >= old.id and post_id <= old.id order by post_id, session_id, id for update skip locked
    ));
    delete from public.like_log_sums where ctid = any (array(
      select ctid from public.like_log_sums where post_id >= old.id and post_id <= old.id order by post_id limit 1
    ));
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.id, '',
          2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + (tg_op = 'DELETE')::integer)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return null;
end $$;
