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

-- Whether an error says that Postgres cannot serve any call now: connection, read-only transaction, deadlock, resources,
-- locks, shutdown, input and output, an old snapshot. An error that a function of the application raises itself, with any
-- code, is a refusal of the row: then the context begins with its RAISE.
create or replace function public.onecount_is_outage(p_sqlstate text, p_context text) returns boolean
language sql immutable set search_path = '' as $$
  select (left(p_sqlstate, 2) in ('08', '25', '40', '53', '57', '58', '72') or p_sqlstate in ('55006', '55P03', '55P04'))
    and split_part(p_context, E'\n', 1) !~ 'RAISE$'
$$;

-- Rows may hold sessions that were never the engine's, and that no key of Redis can hold: then the post as a whole is
-- forgotten there, and read anew.
create or replace function public.onecount_session_or_all(p_session {{type.session}}) returns {{type.session}}
language sql immutable set search_path = '' as $$
  select case when {{text p_session}} ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' then p_session else {{none}} end
$$;

-- The op in place of one that is not sound: as of the newest moment at which it can have been made. An op that was
-- given after that revision beats it.
create or replace function public.onecount_op_before(p_rev bigint, p_now bigint) returns bigint
language sql immutable set search_path = '' as $$
  select 2 * greatest(1, least(coalesce(p_rev, 0), p_now))
$$;

-- How many blocks a table has; of one that is split into partitions, the largest of them.
create or replace function public.onecount_blocks(p_table regclass) returns bigint
language sql stable set search_path = '' as $$
  select max(pg_relation_size(relid)) / current_setting('block_size')::bigint
    from (select relid from pg_partition_tree(p_table) union select p_table) t (relid)
$$;

-- The partition of a post, as core/ids.ts computes it.
create or replace function public.onecount_partition_of(p_post {{type.post}}, p_partitions integer) returns integer
language plpgsql immutable set search_path = '' as $$
begin
  {{partition}}
end $$;

-- Number of partitions of the log, fixed until this transaction ends; null: no Redis drains, and nothing is logged.
create or replace function public.onecount_partitions() returns integer
language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('onecount_settings', 0));
  return (select partitions from public.like_settings where has_redis);
end $$;

-- Keeps every transaction waiting that logs, after those that do have ended.
create or replace function public.onecount_lock_settings() returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('onecount_settings', 0));
$$;

-- Changes the number of partitions: a drain that believes in another one is refused, every Redis finds that it has no
-- history in common with Postgres, and begins anew.
create or replace function public.onecount_set_partitions(p_partitions integer) returns void
language plpgsql set search_path = '' as $$
declare
  v_owner text := (select max(owner) from public.like_receipt);
begin
  perform public.onecount_lock_settings();
  update public.like_settings set partitions = p_partitions where partitions <> p_partitions;
  if not found then
    return;
  end if;
  update public.like_log set partition = public.onecount_partition_of(post_id, p_partitions);
  delete from public.like_receipt;
  insert into public.like_receipt (partition, nonce, owner)
  select n, gen_random_uuid()::text, v_owner from generate_series(0, p_partitions - 1) as n;
end $$;

-- Gives the receipt to another Redis. The caller names the owner before, so that of two callers one fails. Answers the
-- owner.
create or replace function public.onecount_take_over(p_partition integer, p_owner text, p_from text) returns json
language plpgsql set search_path = '' as $$
begin
  update public.like_receipt set owner = p_owner where partition = p_partition and owner is not distinct from p_from;
  return to_json((select owner from public.like_receipt where partition = p_partition));
end $$;
