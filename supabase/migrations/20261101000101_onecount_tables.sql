-- Generated from packages/onecount/sql/0001_tables.sql by `npm run generate`. Do not edit.

-- What Postgres keeps besides the content: docs/design.md section 3.
-- Runs on an application's own posts_new and post_ratings; changes nothing that is there already.

-- How the application's tables were before onecount, noted once, for `npx onecount uninstall`. A table that another
-- kind has changed already is noted as that kind found it.
do $$
begin
  if to_regclass('public.like_receipt') is null then
    create table public.like_receipt (partition integer primary key, nonce text not null);
    execute format('comment on table public.like_receipt is %L', (
      with noted as (
        select substr(obj_description(oid, 'pg_class'), length('before ') + 1)::jsonb as before from pg_class
         where relnamespace = 'public'::regnamespace and relname ~ '^(like|onecount_[a-z0-9]+)_receipt$'
           and obj_description(oid, 'pg_class') like 'before {%'
      ), rights as (
        select c.oid, a.grantee, a.privilege_type as name
          from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
        union all
        select t.attrelid, a.grantee, format('%s (%I)', a.privilege_type, t.attname)
          from pg_attribute t cross join aclexplode(t.attacl) a where not t.attisdropped
      ), by_role as (
        select r.oid, n.role, jsonb_agg(r.name order by r.name) as names
          from rights r cross join lateral (
            select case r.grantee when 0 then 'public' else r.grantee::regrole::text end as role
          ) n
         where n.role in ('public', 'anon', 'authenticated', 'service_role')
         group by 1, 2
      ), tables as (
        select n.name, coalesce(
          (select before -> 'tables' -> n.name from noted where before -> 'tables' -> n.name is not null limit 1),
          jsonb_build_object(
            'columns', (select jsonb_agg(attname) from pg_attribute
                         where attrelid = c.oid and attnum > 0 and not attisdropped),
            'indexes', coalesce((select jsonb_agg(x.relname) from pg_index i join pg_class x on x.oid = i.indexrelid
                                  where i.indrelid = c.oid), '[]'),
            'privileges', coalesce((select jsonb_object_agg(role, names) from by_role b where b.oid = c.oid), '{}'),
            'row_security', c.relrowsecurity,
            'schema_usage', exists (select from pg_namespace s cross join aclexplode(s.nspacl) a
                                     where s.oid = c.relnamespace and a.grantee = to_regrole('service_role')
                                       and a.privilege_type = 'USAGE'),
            'published', exists (select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
                                  where p.pubname = 'supabase_realtime' and r.prrelid = c.oid)
          )) as before
          from (values ('public.posts_new'), ('public.post_ratings')) as n (name)
          join pg_class c on c.oid = n.name::regclass
      )
      select 'before ' || jsonb_build_object(
        'tables', (select jsonb_object_agg(name, before) from tables),
        'publication', exists (select from pg_publication where pubname = 'supabase_realtime')
          and not exists (select from noted where before -> 'publication' = 'false')
      )::text
    ));
  end if;
end $$;

-- First post_ratings and then posts_new: in this order an insert of a rating locks them, with its foreign key.

-- A rating from before onecount gets the op 3, the smallest one that is not taken for "no op yet": whatever is pressed
-- later beats it. When it was made does not matter, and created_at may be missing, wrong or infinite. The constant
-- default makes this a change of the catalogue alone: no row is written, and the table is locked for a moment. A rating
-- that is written later without an op gets that of its own moment.
alter table public.post_ratings add column if not exists op bigint not null default 3;
alter table public.post_ratings
  alter column op set default 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + 1;
do $$
begin
  -- Left behind by a run of an earlier version of this migration that was cut off.
  if exists (
    select from pg_attribute
     where attrelid = 'public.post_ratings'::regclass and attname = 'op' and not attnotnull
  ) then
    update public.post_ratings set op = 3 where op is null;
    alter table public.post_ratings alter column op set not null;
  end if;
  -- The rows of a large table are checked later, by onecount_repair_constraints, under a lock that stops no writer.
  if not exists (
    select from pg_constraint
     where conrelid = 'public.post_ratings'::regclass and conname = 'post_ratings_op_likes'
  ) then
    alter table public.post_ratings add constraint post_ratings_op_likes check (op % 2 = 1) not valid;
    if pg_relation_size('public.post_ratings') < 16 * 1024 * 1024 then
      alter table public.post_ratings validate constraint post_ratings_op_likes;
    end if;
  end if;
end $$;

alter table public.posts_new add column if not exists likes_rev bigint not null default 0;

-- The newest op of a pair that does not like the post: without it a late, older like would come back to life.
create table if not exists public.like_tombstones (
  post_id uuid not null references public.posts_new (id) on delete cascade,
  session_id text not null,
  op bigint not null check (op % 2 = 0),
  primary key (post_id, session_id)
);

-- Ops that Postgres has accepted and Redis has not seen. A row whose session is empty says that Redis must forget what
-- it holds of the post: it was removed, or its likes were set by hand. So a row outlives its post.
create table if not exists public.like_unseen (
  post_id uuid not null,
  session_id text not null,
  op bigint not null,
  primary key (post_id, session_id)
);

-- The nonce of the last batch that Postgres applied. It starts as a random id, so that a Redis which never
-- talked to this Postgres is noticed as having no history in common with it.
create table if not exists public.like_receipt (
  partition integer primary key,
  nonce text not null
);
insert into public.like_receipt (partition, nonce)
values (0, gen_random_uuid()::text)
on conflict do nothing;

-- Who liked what, and everything of the bookkeeping, is the server's alone (invariant 9).
alter table public.post_ratings enable row level security;
alter table public.like_tombstones enable row level security;
alter table public.like_unseen enable row level security;
alter table public.like_receipt enable row level security;
revoke all on public.post_ratings, public.like_tombstones, public.like_unseen, public.like_receipt
  from public, anon, authenticated;
grant all on public.posts_new, public.post_ratings, public.like_tombstones, public.like_unseen, public.like_receipt
  to service_role;

-- Whatever policies an application has for editing posts: nobody but the server sets their counts.
create or replace function public.onecount_guard_counts() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'likes are counted by the server: they cannot be set'
    using errcode = 'insufficient_privilege';
end $$;
revoke execute on function public.onecount_guard_counts() from public, anon, authenticated;

drop trigger if exists onecount_guard_update on public.posts_new;
create trigger onecount_guard_update before update of likes, likes_rev on public.posts_new
  for each row
  when (current_user in ('anon', 'authenticated')
        and (new.likes is distinct from old.likes or new.likes_rev is distinct from old.likes_rev))
  execute function public.onecount_guard_counts();

drop trigger if exists onecount_guard_insert on public.posts_new;
create trigger onecount_guard_insert before insert on public.posts_new
  for each row
  when (current_user in ('anon', 'authenticated') and (new.likes <> 0 or new.likes_rev <> 0))
  execute function public.onecount_guard_counts();

-- Realtime carries posts_new, never post_ratings: row level security does not cover its delete events.
do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  if not exists (
    select from pg_publication_tables
     where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = 'posts_new'
  ) then
    alter publication supabase_realtime add table public.posts_new;
  end if;
end $$;
