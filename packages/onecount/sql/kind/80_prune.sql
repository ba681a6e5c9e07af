-- A Redis that has not been told anything for this long, or of so many ops, is gone: nothing is logged for it any more,
-- and one that comes back finds that it has no history in common with Postgres. Answers whether that is so.
create or replace function public.onecount_end_logging(p_days integer, p_ops integer) returns boolean
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partition integer;
  v_oldest timestamptz;
  v_is_long boolean;
begin
  for v_partition in select generate_series(0, partitions - 1) from public.like_settings where has_redis loop
    select at into v_oldest from public.like_log
      where partition >= v_partition and partition <= v_partition and nonce is null order by partition, id limit 1;
    perform from public.like_log
      where partition >= v_partition and partition <= v_partition and nonce is null
      order by partition, id offset p_ops limit 1;
    v_is_long := found;
    if v_is_long or v_oldest < now() - make_interval(days => p_days) then
      perform public.onecount_lock_settings();
      update public.like_settings set has_redis = false;
      update public.like_receipt set nonce = gen_random_uuid()::text;
      return true;
    end if;
  end loop;
  return false;
end $$;

-- Deletes, once an hour at most and for all callers together: unlikes from more than `p_days` ago, and log rows for a Redis
-- that is gone. Works for about a second. Answers whether there is more to do at once.
create or replace function public.onecount_prune(p_days integer) returns boolean
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  REDIS_DAYS constant integer := 7;
  REDIS_OPS constant integer := 1000000;
  PAGE constant integer := 1000;
  v_until timestamptz := clock_timestamp() + interval '1 second';
  v_before bigint := 2 * floor(extract(epoch from now() - make_interval(days => p_days)) * 1000000)::bigint;
  v_deleted integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('onecount_prune', 0))
     or (select pruned_at > now() - interval '1 hour' from public.like_settings) then
    return false;
  end if;
  perform public.onecount_end_logging(REDIS_DAYS, REDIS_OPS);
  loop
    delete from public.like_tombstones where ctid = any (array(
      select ctid from public.like_tombstones where op < v_before order by op limit PAGE for update skip locked
    ));
    get diagnostics v_deleted = row_count;
    if v_deleted < PAGE and not (select has_redis from public.like_settings) then
      delete from public.like_log where id in (select id from public.like_log order by id limit PAGE);
      get diagnostics v_deleted = row_count;
      if v_deleted < PAGE then
        delete from public.like_log_sums where post_id in (select post_id from public.like_log_sums order by post_id limit PAGE);
        get diagnostics v_deleted = row_count;
      end if;
    end if;
    if v_deleted < PAGE then
      update public.like_settings set pruned_at = now();
      return false;
    elsif clock_timestamp() > v_until then
      return true;
    end if;
  end loop;
end $$;
