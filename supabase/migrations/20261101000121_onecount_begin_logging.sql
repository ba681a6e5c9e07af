-- Generated from packages/onecount/sql/0021_begin_logging.sql by `npm run generate`. Do not edit.

-- Three drains that begin at once on a Postgres that no Redis has drained yet do not wait for each other in a circle.

-- From now on what Postgres takes is logged: a Redis drains. Of what was taken before it hears by hydration alone, so it
-- must not take this Postgres for the one that it knows.
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
