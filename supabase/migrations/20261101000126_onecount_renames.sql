-- Generated from packages/onecount/sql/0026_renames.sql by `npm run generate`. Do not edit.

-- A post that was given another id: its rows go with it, their ops and tombstones, its count, and what is set aside.
-- Redis forgets the old id, and is told of every pair of the new one, with the op that it had. Likes of the new id are
-- likes of the cut at once.
--
-- It moves the rows before the foreign key of the application does (below): rows that a cascade moves are edits
-- by hand, and would be counted for the new id once more. Where that key lets no id change that has rows, they stay, and
-- the key refuses the statement as it did before onecount. Rows that have the new id already were moved by the
-- application, which took them off the count of the old one.
create or replace function public.onecount_renamed() returns trigger
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_custom_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_partitions integer := public.onecount_partitions();
  v_applying text := coalesce(current_setting('onecount.applying', true), '');
  v_old uuid[] := array[old.id];
  v_new uuid[] := array[new.id];
  v_there bigint[];
begin
  perform set_config('onecount.applying', 'on', true);
  v_there := array(
    select (
      select count(*) from (
        select from public.post_ratings r
         where r.post_id >= e.id and r.post_id <= e.id order by r.post_id, r.session_id
      ) r
    ) from unnest(v_new) with ordinality as e (id, n) order by n);
  if not exists (
    select from pg_catalog.pg_constraint f join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
     where f.conrelid = 'public.post_ratings'::regclass and f.contype = 'f' and f.confrelid = tg_relid
       and pg_catalog.cardinality(f.conkey) = 1 and a.attname = 'post_id'
       and (f.confupdtype = 'r' or f.confupdtype = 'a' and not f.condeferrable)
  ) then
    update public.post_ratings r set post_id = new.id where r.post_id = old.id;
  end if;
  update public.like_tombstones t set post_id = e.new
    from unnest(v_old, v_new) as e (old, new)
   where t.post_id = e.old and not exists (
     select from public.post_ratings r where r.post_id = e.new and r.session_id = t.session_id);
  delete from public.like_tombstones where post_id = any (v_old);
  delete from public.like_refused where post_id = any (v_new);
  update public.like_refused r set post_id = e.new from unnest(v_old, v_new) as e (old, new) where r.post_id = e.old;
  update public.posts_new p
     set likes = greatest(p.likes + v_there[1], (
           select count(*) from (
             select from public.post_ratings r
              where r.post_id >= new.id and r.post_id <= new.id order by r.post_id, r.session_id
           ) r
         )),
         likes_rev = greatest(p.likes_rev + 1, v_now)
   where p.id = new.id;
  -- As of a post that was removed. Rows of the log that are locked are those that a drain deletes, which may wait for
  -- this post.
  delete from public.like_unseen where post_id = old.id;
  delete from public.like_log where ctid = any (array(
    select ctid from public.like_log
     where post_id >= old.id and post_id <= old.id order by post_id, session_id, id for update skip locked
  ));
  delete from public.like_log_sums where post_id = old.id;
  insert into public.like_unseen (post_id, session_id, op) values (old.id, '', 2 * v_now);
  insert into public.like_log (partition, post_id, session_id, op, prev)
  select public.onecount_partition_of(c.post_id, v_partitions), c.post_id, c.session_id, c.op, c.op
    from (
      select o.post_id, public.onecount_session_or_all(o.session_id) as session_id,
             max(case when public.onecount_session_or_all(o.session_id) = '' then 0 else o.op end) as op
        from (
          select e.id as post_id, r.session_id, r.op
            from unnest(v_new) as e (id)
            cross join lateral (
              select r.session_id, r.op from public.post_ratings r
               where r.post_id >= e.id and r.post_id <= e.id order by r.post_id, r.session_id
            ) r
          union all
          select t.post_id, t.session_id, t.op from public.like_tombstones t where t.post_id = any (v_new)
        ) o
       group by 1, 2
    ) c
   where v_partitions is not null;
  perform set_config('onecount.applying', v_applying, true);
  return null;
end $$;

-- A row that moves to another partition of its table is deleted and inserted: no trigger is told which one it was.
create or replace function public.onecount_refuse_rename() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% of % cannot be changed: the table is partitioned by it, and the likes would not follow',
      'id', 'public.posts_new'
    using hint = 'Insert the row anew with its new id and only the likes that have no row, set post_id of its rows in public.post_ratings to it, then delete the old one.';
end $$;

-- Triggers fire in the order of their names, in capitals first: this one before `RI_ConstraintTrigger_…`, which is how
-- PostgreSQL calls what cascades.
drop trigger if exists "Before onecount_renamed" on public.posts_new;
create trigger "Before onecount_renamed" after update on public.posts_new
  for each row when (old.id is distinct from new.id)
  execute function public.onecount_renamed();

do $$
declare
  v_function regprocedure;
begin
  drop trigger if exists onecount_refuse_rename on public.posts_new;
  if exists (select from pg_partitioned_table where partrelid = 'public.posts_new'::regclass) then
    create trigger onecount_refuse_rename before update on public.posts_new
      for each row when (old.id is distinct from new.id)
      execute function public.onecount_refuse_rename();
  end if;

  -- Triggers of the application find its tables (0025_search_path.sql).
  execute format('alter function public.onecount_renamed() set search_path = %s', (
    select string_agg(format('%I', s.name), ', ' order by s.n)
      from unnest(array['public', 'extensions', 'pg_temp']) with ordinality s (name, n)
     where s.name = 'pg_temp' or to_regnamespace(quote_ident(s.name)) is not null and not exists (
       select from (values ('public'), ('anon'), ('authenticated')) r (name)
        where (r.name = 'public' or to_regrole(r.name) is not null)
          and has_schema_privilege(r.name, quote_ident(s.name)::regnamespace, 'create'))
  ));

  -- The functions are the server's alone.
  foreach v_function in array array['public.onecount_renamed()', 'public.onecount_refuse_rename()']::regprocedure[] loop
    execute format('revoke execute on function %s from public, anon, authenticated', v_function);
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end $$;
