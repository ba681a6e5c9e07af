-- A log of the ops that Postgres takes without Redis: a press while Redis cannot be reached, moderation, edits by hand.
-- docs/decisions/023 says how rows are looked up; its settings are on every function here.

-- How many partitions the posts are in, and whether a Redis drains: what Postgres takes is logged for it alone; one row.
create table if not exists public.like_settings (
  id boolean primary key default true check (id),
  partitions integer not null default 1 check (partitions > 0),
  has_redis boolean not null default false,
  pruned_at timestamptz not null default '-infinity'
);
insert into public.like_settings (id) values (true) on conflict do nothing;

-- One row an op. `prev` is the op of the pair before, 0 for none. `nonce` names the batch with which Redis was told;
-- such a row is deleted by the batch after it. A row without a session says that Redis must forget what it holds of the
-- post, which was removed or whose likes were set by hand; its op and prev are 0. So a row outlives its post.
create table if not exists public.like_log (
  id bigint generated always as identity primary key,
  partition integer not null,
  post_id uuid not null,
  session_id text not null,
  op bigint not null,
  prev bigint not null,
  nonce text,
  at timestamptz not null default now()
);
create index if not exists like_log_unseen_idx on public.like_log (partition, id) where nonce is null;
create index if not exists like_log_told_idx on public.like_log (partition, id) where nonce is not null;
create index if not exists like_log_pair_idx on public.like_log (post_id, session_id, id);

-- What the rows without a nonce change in the likes of a post; no row: nothing. Likes as of the cut are likes - change.
-- Changed only under the lock of the post. Beside posts_new and not in it: an application's trigger or constraint that
-- refuses an update of a post must not stop the drain, and Realtime sends every update of posts_new to every client.
create table if not exists public.like_log_sums (
  post_id uuid primary key,
  change bigint not null
);

-- All ops of a session are read by hydration, also those that do not like.
create index if not exists like_tombstones_session_post_idx on public.like_tombstones (session_id, post_id);

alter table public.like_settings enable row level security;
alter table public.like_log enable row level security;
alter table public.like_log_sums enable row level security;
revoke all on public.like_settings, public.like_log, public.like_log_sums from public, anon, authenticated;
grant all on public.like_settings, public.like_log, public.like_log_sums to service_role;

-- The last 28 bits of a post's UUID say its partition, as in core/keys.ts.
create or replace function public.onecount_partition_of(p_post uuid, p_partitions integer) returns integer
language plpgsql immutable set search_path = '' as $$
begin
  return ('x' || right(p_post::text, 7))::bit(28)::integer % p_partitions;
end $$;

-- How many partitions what is logged goes by, until this transaction ends; null: no Redis drains, and nothing is logged.
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

-- What the functions of the version before note for their Redis is noted in the log too, so that Redis is told
-- whichever version drains. What the pair was before is not known here: the op counts as seen. A post is to be
-- forgotten once, however often that is noted before Redis is told.
create or replace function public.onecount_log_unseen() returns trigger
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if new.session_id = '' then
    perform from public.like_log
      where post_id = any (array[new.post_id]) and session_id >= '' and session_id <= '' and nonce is null
      order by post_id, session_id, id limit 1;
    if found then
      return null;
    end if;
    new.op := 0;
  end if;
  insert into public.like_log (partition, post_id, session_id, op, prev)
  select public.onecount_partition_of(new.post_id, partitions), new.post_id, new.session_id, new.op, new.op
    from public.onecount_partitions() as partitions
   where partitions is not null;
  return null;
end $$;

drop trigger if exists onecount_log_unseen on public.like_unseen;
create trigger onecount_log_unseen after insert or update on public.like_unseen
  for each row when (current_setting('onecount.logging', true) is distinct from 'on')
  execute function public.onecount_log_unseen();

revoke execute on function
  public.onecount_partition_of(uuid, integer), public.onecount_partitions(), public.onecount_lock_settings(),
  public.onecount_set_partitions(integer), public.onecount_log_unseen()
  from public, anon, authenticated;
grant execute on function
  public.onecount_partition_of(uuid, integer), public.onecount_partitions(), public.onecount_lock_settings(),
  public.onecount_set_partitions(integer), public.onecount_log_unseen()
  to service_role;
