-- Edits by hand, in the log too. How rows are looked up: 0015_log.sql. A post that was removed, and likes that were set
-- or repaired, come through like_unseen and its trigger.

-- Rows of post_ratings that came, went or changed in one statement by hand: once for the statement, however many rows.
-- A row that came counts once more, one that went once less, as of now: its op beats whatever Redis has seen of the
-- pair. Rows that go with their post, or that the engine writes, are none of this.
create or replace function public.onecount_rated_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_custom_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_partitions integer := public.onecount_partitions();
  -- `went` and `came` are pairs; `kept` are those whose op was changed, `prev` is the op before.
  v_rows text := case tg_op
    when 'INSERT' then $rows$
      with went as (select null::uuid as post_id, null::text as session_id, null::bigint as op where false),
           came as (select post_id, session_id, op from after),
           kept as (select *, op as prev from went)
    $rows$
    when 'DELETE' then $rows$
      with went as (select post_id, session_id, op from before),
           came as (select * from went where false),
           kept as (select *, op as prev from came)
    $rows$
    else $rows$
      with went as (
             select b.post_id, b.session_id, b.op from before b
               left join after a using (post_id, session_id) where a.post_id is null),
           came as (
             select a.post_id, a.session_id, a.op from after a
               left join before b using (post_id, session_id) where b.post_id is null),
           kept as (
             select a.post_id, a.session_id, greatest(a.op, b.op) as op, b.op as prev from after a
               join before b using (post_id, session_id) where a.op <> b.op)
    $rows$
  end;
  v_posts uuid[];
begin
  execute v_rows || $sql$
    select array_agg(post_id) from (
      select post_id from went union select post_id from came union select post_id from kept
    ) e
  $sql$ into v_posts;
  -- Posts that are gone are not among those that are locked.
  v_posts := array(
    select p.id from (select distinct id from unnest(v_posts) as e (id) order by id) e
      cross join lateral (
        select id from public.posts_new where id >= e.id and id <= e.id order by id limit 1 for no key update
      ) p
  );
  if v_posts = '{}' then
    return null;
  end if;

  perform set_config('onecount.applying', 'on', true), set_config('onecount.logging', 'on', true);
  execute v_rows || $sql$, posts as materialized (
    select p.tid, p.part, e.id as post_id
      from unnest($1) as e (id)
      cross join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where id >= e.id and id <= e.id order by id limit 1
      ) p
  ), lost as materialized (
    -- A pair that is there again was counted as one that came.
    select w.post_id, w.session_id, greatest(w.op + 1, 2 * $2) as op, w.op as prev, r.tid is not null as is_back
      from went w
      join posts p on p.post_id = w.post_id
      left join lateral (
        select ctid as tid from public.post_ratings
         where post_id = any (array[w.post_id]) and session_id >= w.session_id and session_id <= w.session_id
         order by post_id, session_id limit 1
      ) r on true
  ), gained as materialized (
    select g.post_id, g.session_id, r.tid as rating, r.part as rating_part, r.op as current, t.tid as tombstone,
           case when g.is_new then greatest(g.op, t.op + 1, 2 * $2 + 1) else g.op end as op,
           case when g.is_new then coalesce(t.op, 0) else g.prev end as prev
      from (
        select post_id, session_id, op, 0 as prev, true as is_new from came
        union all select post_id, session_id, op, prev, false from kept
      ) g
      join posts p on p.post_id = g.post_id
      cross join lateral (
        select ctid as tid, tableoid as part, op from public.post_ratings
         where post_id = any (array[g.post_id]) and session_id >= g.session_id and session_id <= g.session_id
         order by post_id, session_id limit 1
      ) r
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[g.post_id]) and session_id >= g.session_id and session_id <= g.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), buried as (
    insert into public.like_tombstones as t (post_id, session_id, op)
    select post_id, session_id, max(op) from lost where not is_back group by post_id, session_id
    on conflict (post_id, session_id) do update set op = greatest(t.op, excluded.op)
  ), revived as (
    delete from public.like_tombstones t using gained g where t.ctid = g.tombstone
  ), raised as (
    update public.post_ratings r set op = g.op from gained g
     where r.ctid = g.rating and r.tableoid = g.rating_part and g.current <> g.op
  ), changes as materialized (
    -- As onecount_session_or_all, without a call for each row.
    select post_id, op, prev,
           case when session_id ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' and not is_back then session_id else '' end
             as session_id
      from (
        select post_id, session_id, op, prev, is_back from lost
        union all select post_id, session_id, op, prev, false from gained
      ) changed
  ), unseen as (
    insert into public.like_unseen as u (post_id, session_id, op)
    select post_id, session_id, max(op) from changes
     group by post_id, session_id
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = greatest(u.op, excluded.op)
  ), logged as (
    insert into public.like_log (partition, post_id, session_id, op, prev)
    select public.onecount_partition_of(post_id, $3), post_id, session_id,
           case when session_id <> '' then max(op) else 0 end, case when session_id <> '' then max(prev) else 0 end
      from changes where $3 is not null group by post_id, session_id
  ), summed as (
    insert into public.like_log_sums as s (post_id, change)
    select post_id, sum(op % 2 - prev % 2) from changes where session_id <> '' and $3 is not null
     group by post_id having sum(op % 2 - prev % 2) <> 0
    on conflict (post_id) do update set change = s.change + excluded.change
  )
  update public.posts_new p
     set likes = p.likes + d.delta, likes_rev = greatest(p.likes_rev + 1, $2)
    from (
      select p.tid, p.part, sum(c.delta) as delta
        from (select post_id, -1 as delta from went union all select post_id, 1 from came) c
        join posts p on p.post_id = c.post_id
       group by p.tid, p.part
    ) d
   where p.ctid = d.tid and p.tableoid = d.part
  $sql$ using v_posts, v_now, v_partitions;
  perform set_config('onecount.applying', '', true), set_config('onecount.logging', '', true);
  return null;
end $$;

-- A post that went, or whose likes were set: Redis forgets it, and hydrates it anew where it is still there. Likes that
-- are set are likes of the cut at once; what the log says of single ops stays.
create or replace function public.onecount_post_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if tg_op = 'DELETE' then
    delete from public.like_unseen where post_id = old.id;
    delete from public.like_refused where post_id = old.id;
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log where post_id >= old.id and post_id <= old.id order by post_id, session_id, id
    ));
    delete from public.like_log_sums where ctid = any (array(
      select ctid from public.like_log_sums where post_id >= old.id and post_id <= old.id order by post_id limit 1
    ));
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.id, '', 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return null;
end $$;
