-- Edits by hand cost what the rows cost, once for a statement: no work for each row of its own, none for rows that go
-- with their post. Rows are looked up as in 0005_plans.sql.

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
  -- `went` and `came` are pairs; `kept` are those whose op was changed.
  v_rows text := case tg_op
    when 'INSERT' then $rows$
      with went as (select null::uuid as post_id, null::text as session_id, null::bigint as op where false),
           came as (select post_id, session_id, op from after),
           kept as (select * from went)
    $rows$
    when 'DELETE' then $rows$
      with went as (select post_id, session_id, op from before),
           came as (select * from went where false),
           kept as (select * from came)
    $rows$
    else $rows$
      with went as (
             select b.post_id, b.session_id, b.op from before b
               left join after a using (post_id, session_id) where a.post_id is null),
           came as (
             select a.post_id, a.session_id, a.op from after a
               left join before b using (post_id, session_id) where b.post_id is null),
           kept as (
             select a.post_id, a.session_id, greatest(a.op, b.op) as op from after a
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

  perform set_config('onecount.applying', 'on', true);
  execute v_rows || $sql$, posts as materialized (
    select p.tid, p.part, e.id as post_id
      from unnest($1) as e (id)
      cross join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where id >= e.id and id <= e.id order by id limit 1
      ) p
  ), lost as materialized (
    -- A pair that is there again was counted as one that came.
    select w.post_id, w.session_id, greatest(w.op + 1, 2 * $2) as op, r.tid is not null as is_back
      from went w
      join posts p on p.post_id = w.post_id
      left join lateral (
        select ctid as tid from public.post_ratings
         where post_id = any (array[w.post_id]) and session_id >= w.session_id and session_id <= w.session_id
         order by post_id, session_id limit 1
      ) r on true
  ), gained as materialized (
    select g.post_id, g.session_id, r.tid as rating, r.part as rating_part, r.op as current, t.tid as tombstone,
           case when g.is_new then greatest(g.op, t.op + 1, 2 * $2 + 1) else g.op end as op
      from (select *, true as is_new from came union all select *, false from kept) g
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
  ), unseen as (
    insert into public.like_unseen as u (post_id, session_id, op)
    select post_id, session, max(op)
      from (
        -- As onecount_session_or_all, without a call for each row.
        select post_id, op,
               case when session_id ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' then session_id else '' end as session
          from (
            select post_id, session_id, op from lost where not is_back
            union all select post_id, session_id, op from gained
          ) changed
      ) changed
     group by post_id, session
     order by post_id, session
    on conflict (post_id, session_id) do update set op = greatest(u.op, excluded.op)
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
  $sql$ using v_posts, v_now;
  perform set_config('onecount.applying', '', true);
  return null;
end $$;

drop trigger if exists onecount_rated_by_hand on public.post_ratings;
create trigger onecount_rated_by_hand after insert on public.post_ratings
  referencing new table as after
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

drop trigger if exists onecount_unrated_by_hand on public.post_ratings;
create trigger onecount_unrated_by_hand after delete on public.post_ratings
  referencing old table as before
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

drop trigger if exists onecount_rerated_by_hand on public.post_ratings;
create trigger onecount_rerated_by_hand after update on public.post_ratings
  referencing old table as before new table as after
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

-- A post that went, or whose likes were set: Redis forgets it, and hydrates it anew where it is still there.
create or replace function public.onecount_post_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if tg_op = 'DELETE' then
    delete from public.like_unseen where post_id = old.id;
    delete from public.like_refused where post_id = old.id;
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.id, '', 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return null;
end $$;

-- Readers take the greater revision, so likes that were set by hand need one. There are at least as many as rows
-- (invariant 1), so the rows need to be counted only where likes became less.
create or replace function public.onecount_revise_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if new.likes < old.likes then
    new.likes := greatest(new.likes, (
      select count(*) from (
        select from public.post_ratings where post_id >= new.id and post_id <= new.id order by post_id, session_id
      ) r
    ));
  end if;
  new.likes_rev := greatest(old.likes_rev + 1, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
  return new;
end $$;

-- The rows of a post that is removed go by foreign keys, whose plans Postgres makes: for the length of the statement
-- they are made anew, by the size that the tables have now.
create or replace function public.onecount_plan_removal() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_when = 'BEFORE' then
    perform set_config('onecount.plans',
                       current_setting('enable_seqscan') || ' ' || current_setting('plan_cache_mode'), true),
            set_config('enable_seqscan', 'off', true),
            set_config('plan_cache_mode', 'force_custom_plan', true);
  else
    perform set_config('enable_seqscan', split_part(current_setting('onecount.plans'), ' ', 1), true),
            set_config('plan_cache_mode', split_part(current_setting('onecount.plans'), ' ', 2), true);
  end if;
  return null;
end $$;

drop trigger if exists onecount_removal_begins on public.posts_new;
create trigger onecount_removal_begins before delete on public.posts_new
  for each statement execute function public.onecount_plan_removal();

drop trigger if exists onecount_removal_ends on public.posts_new;
create trigger onecount_removal_ends after delete on public.posts_new
  for each statement execute function public.onecount_plan_removal();

-- Removes a post with all that is known of it; false when there is none.
create or replace function public.onecount_remove_post(p_post uuid) returns boolean
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_post tid;
  v_part oid;
begin
  select ctid, tableoid into v_post, v_part from public.posts_new
   where id >= p_post and id <= p_post order by id limit 1 for update;
  if not found then
    return false;
  end if;
  -- There is no count that its rows could be taken from.
  perform set_config('onecount.applying', 'on', true);
  delete from public.posts_new where ctid = v_post and tableoid = v_part;
  perform set_config('onecount.applying', '', true);
  return true;
end $$;

revoke execute on function public.onecount_plan_removal() from public, anon, authenticated;
grant execute on function public.onecount_plan_removal() to service_role;
