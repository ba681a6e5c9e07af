-- A target that was given another id: its rows go with it, their ops and tombstones, its count, and its refused ops.
-- Redis forgets the old id, and is told of every pair of the new one, with the op that it had. Likes of the new id are
-- likes of the cut at once.
--
-- It moves the rows before the foreign key of the application does (65_triggers.sql): rows that a cascade moves are edits
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
{{#plain}}
  v_old {{type.post}}[] := array[old.{{content.id}}];
  v_new {{type.post}}[] := array[new.{{content.id}}];
{{/plain}}
{{#variants}}
  v_old text[] := array(
    select p.id from public.posts_new p where p.target = old.{{content.id}} order by p.target, p.id);
  v_new text[] := array(
    select new.{{content.id}}::text || '{{separator}}' || split_part(id, '{{separator}}', 2)
      from unnest(v_old) with ordinality as e (id, n) order by n);
{{/variants}}
  v_there bigint[];
begin
  perform set_config('onecount.applying', 'on', true);
  v_there := array(
    select (
      select count(*) from (
        select from public.post_ratings r
         where {{row.post of r}} >= e.id and {{row.post of r}} <= e.id order by {{row.post of r}}, r.{{row.session}}
      ) r
    ) from unnest(v_new) with ordinality as e (id, n) order by n);
{{#table}}
{{#plain}}
  insert into public.posts_new (id, likes, likes_rev)
  select e.new, p.likes + e.there, greatest(p.likes_rev + 1, v_now)
    from unnest(v_old, v_new, v_there) as e (old, new, there)
    join public.posts_new p on p.id = e.old;
{{/plain}}
{{#variants}}
  insert into public.posts_new (id, target, variant, likes, likes_rev)
  select e.new, new.{{content.id}}, p.variant, p.likes + e.there, greatest(p.likes_rev + 1, v_now)
    from unnest(v_old, v_new, v_there) as e (old, new, there)
    join public.posts_new p on p.id = e.old;
{{/variants}}
{{/table}}
  if not exists (
    select from pg_catalog.pg_constraint f join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
     where f.conrelid = 'public.post_ratings'::regclass and f.contype = 'f' and f.confrelid = tg_relid
       and pg_catalog.cardinality(f.conkey) = 1 and a.attname = '{{name row.target}}'
       and (f.confupdtype = 'r' or f.confupdtype = 'a' and not f.condeferrable)
  ) then
    update public.post_ratings r set {{row.target}} = new.{{content.id}} where r.{{row.target}} = old.{{content.id}};
  end if;
  update public.like_tombstones t set post_id = e.new
    from unnest(v_old, v_new) as e (old, new)
   where t.post_id = e.old and not exists (
     select from public.post_ratings r where {{row.post of r}} = e.new and r.{{row.session}} = t.session_id);
  delete from public.like_tombstones where post_id = any (v_old);
  delete from public.like_refused where post_id = any (v_new);
  update public.like_refused r set post_id = e.new from unnest(v_old, v_new) as e (old, new) where r.post_id = e.old;
{{#column}}
  update public.posts_new p
     set {{post.likes}} = greatest(p.{{post.likes}} + v_there[1], (
           select count(*) from (
             select from public.post_ratings r
              where {{row.post of r}} >= new.{{post.id}} and {{row.post of r}} <= new.{{post.id}} order by {{row.post of r}}, r.{{row.session}}
           ) r
         )),
         {{post.rev}} = greatest(p.{{post.rev}} + 1, v_now)
   where p.{{post.id}} = new.{{post.id}};
  -- As of a post that was removed. Rows of the log that are locked are those that a drain deletes, which may wait for
  -- this post.
  delete from public.like_unseen where post_id = old.{{post.id}};
  delete from public.like_log where ctid = any (array(
    select ctid from public.like_log
     where post_id >= old.{{post.id}} and post_id <= old.{{post.id}} order by post_id, session_id, id for update skip locked
  ));
  delete from public.like_log_sums where post_id = old.{{post.id}};
  insert into public.like_unseen (post_id, session_id, op) values (old.{{post.id}}, {{none}}, 2 * v_now + 1);
{{/column}}
{{#table}}
  -- Its trigger makes Redis forget it.
  delete from public.posts_new p using unnest(v_old) as e (id) where p.id = e.id;
{{/table}}
  insert into public.like_log (partition, post_id, session_id, op, prev)
  select public.onecount_partition_of(c.post_id, v_partitions), c.post_id, c.session_id, c.op, c.op
    from (
      select o.post_id, public.onecount_session_or_all(o.session_id) as session_id,
             max(case when public.onecount_session_or_all(o.session_id) = {{none}} then 0 else o.op end) as op
        from (
          select e.id as post_id, r.session_id, r.op
            from unnest(v_new) as e (id)
            cross join lateral (
              select r.{{row.session as session_id}}, r.{{row.op as op}} from public.post_ratings r
               where {{row.post of r}} >= e.id and {{row.post of r}} <= e.id order by {{row.post of r}}, r.{{row.session}}
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
      '{{name content.id}}', '{{content}}'
    using hint = 'Insert the row anew with its new id and only the likes that have no row, set {{name row.target}} of its rows in {{rows}} to it, then delete the old one.';
end $$;
