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
  if new.session_id = {{none}} then
    new.op := new.op % 2;
    perform from public.like_log
      where post_id = any (array[new.post_id]) and session_id >= {{none}} and session_id <= {{none}} and nonce is null
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

-- Edits by hand, in the log too. How rows are looked up: 30_merge.sql. A post that was removed, and likes that were set
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
      with went as (select null::{{type.post}} as post_id, null::{{type.session}} as session_id, null::bigint as op where false),
           came as (select {{row.post as post_id}}, {{row.session as session_id}}, {{row.op as op}} from after),
           kept as (select *, op as prev from went)
    $rows$
    when 'DELETE' then $rows$
      with went as (select {{row.post as post_id}}, {{row.session as session_id}}, {{row.op as op}} from before),
           came as (select * from went where false),
           kept as (select *, op as prev from came)
    $rows$
    else $rows$
      with went as (
             select {{row.post of b as post_id}}, b.{{row.session as session_id}}, b.{{row.op as op}} from before b
               left join after a using ({{row.columns}}, {{row.session}}) where a.{{row.target}} is null),
           came as (
             select {{row.post of a as post_id}}, a.{{row.session as session_id}}, a.{{row.op as op}} from after a
               left join before b using ({{row.columns}}, {{row.session}}) where b.{{row.target}} is null),
           kept as (
             select {{row.post of a as post_id}}, a.{{row.session as session_id}}, greatest(a.{{row.op}}, b.{{row.op}}) as op, b.{{row.op}} as prev from after a
               join before b using ({{row.columns}}, {{row.session}}) where a.{{row.op}} <> b.{{row.op}})
    $rows$
  end;
  v_posts {{type.post}}[];
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
        select {{post.id as id}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update
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
         where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p
  ), lost as materialized (
    -- A pair that is there again was counted as one that came.
    select w.post_id, w.session_id, greatest(w.op + 1, 2 * $2) as op, w.op as prev, r.tid is not null as is_back
      from went w
      join posts p on p.post_id = w.post_id
      left join lateral (
        select ctid as tid from public.post_ratings
         where {{row.post}} = any (array[w.post_id]) and {{row.session}} >= w.session_id and {{row.session}} <= w.session_id
         order by {{row.post}}, {{row.session}} limit 1
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
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[g.post_id]) and {{row.session}} >= g.session_id and {{row.session}} <= g.session_id
         order by {{row.post}}, {{row.session}} limit 1
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
    update public.post_ratings r set {{row.op}} = g.op from gained g
     where r.ctid = g.rating and r.tableoid = g.rating_part and g.current <> g.op
  ), changes as materialized (
    -- As onecount_session_or_all, without a call for each row.
    select post_id, op, prev,
           case when {{text session_id}} ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' and not is_back then session_id else {{none}} end
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
           case when session_id <> {{none}} then max(op) else 0 end, case when session_id <> {{none}} then max(prev) else 0 end
      from changes where $3 is not null group by post_id, session_id
  ), summed as (
    insert into public.like_log_sums as s (post_id, change)
    select post_id, sum(op % 2 - prev % 2) from changes where session_id <> {{none}} and $3 is not null
     group by post_id having sum(op % 2 - prev % 2) <> 0
    on conflict (post_id) do update set change = s.change + excluded.change
  )
  update public.posts_new p
     set {{post.likes}} = p.{{post.likes}} + d.delta, {{post.rev}} = greatest(p.{{post.rev}} + 1, $2)
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
    delete from public.like_unseen where post_id = old.{{post.id}};
    delete from public.like_refused where post_id = old.{{post.id}};
    -- Rows that are locked are those that a drain deletes, which may wait for this post, or that it tells.
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log
       where post_id >= old.{{post.id}} and post_id <= old.{{post.id}} order by post_id, session_id, id for update skip locked
    ));
    delete from public.like_log_sums where ctid = any (array(
      select ctid from public.like_log_sums where post_id >= old.{{post.id}} and post_id <= old.{{post.id}} order by post_id limit 1
    ));
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.{{post.id}}, {{none}},
          2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + (tg_op = 'DELETE')::integer)
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
  if new.{{post.likes}} < old.{{post.likes}} then
    new.{{post.likes}} := greatest(new.{{post.likes}}, (
      select count(*) from (
        select from public.post_ratings where {{row.post}} >= new.{{post.id}} and {{row.post}} <= new.{{post.id}} order by {{row.post}}, {{row.session}}
      ) r
    ));
  end if;
  new.{{post.rev}} := greatest(old.{{post.rev}} + 1, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
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

-- No trigger sees the rows that a TRUNCATE removes, so the counts would stay.
create or replace function public.onecount_refuse_truncate() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'post_ratings cannot be truncated: the counts would not follow'
    using hint = 'Use: delete from post_ratings. Or set onecount.applying to on in this transaction, and run '
      'npx onecount reconcile afterwards.';
end $$;

-- Values that no engine has written: those of before onecount, and those of an application's own code. These triggers
-- make later writes sound; 70_repair.sql repairs rows that exist already.
--
-- Sound is: likes are there, not negative and not less than the rows of the post; a revision and an op are positive and
-- at most 5 seconds ahead of now (as far as an op of a browser may be), the op of a rating is odd; a rating has a
-- session.

-- A rating that an application writes with an op of its own. One that is inserted counts as of now unless its op is
-- sound; an update keeps its parity, so that the constraint can refuse an op that does not like.
create or replace function public.onecount_sound_rating() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  new.{{row.session}} := coalesce(new.{{row.session}}, gen_random_uuid(){{actor.cast}});
  if new.{{row.op}} is null or new.{{row.op}} > 2 * (v_now + 5000000) + 1 or tg_op = 'INSERT' and (new.{{row.op}} < 3 or new.{{row.op}} % 2 = 0) then
    new.{{row.op}} := 2 * v_now + 1;
  end if;
  return new;
end $$;

-- Likes that are missing or negative become as many as there are rows. Fires for the engine's own statements too, where
-- likes of a post that was not repaired yet would fall below 0.
create or replace function public.onecount_clamp_likes() returns trigger
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
begin
  new.{{post.likes}} := (
    select count(*) from (
      select from public.post_ratings where {{row.post}} >= new.{{post.id}} and {{row.post}} <= new.{{post.id}} order by {{row.post}}, {{row.session}}
    ) r
  );
  return new;
end $$;

-- Likes that were missing and are set by hand: the triggers for edits by hand compare with the value before, and there
-- is none.
create or replace function public.onecount_first_likes() returns trigger
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  new.{{post.likes}} := greatest(new.{{post.likes}}, (
    select count(*) from (
      select from public.post_ratings where {{row.post}} >= new.{{post.id}} and {{row.post}} <= new.{{post.id}} order by {{row.post}}, {{row.session}}
    ) r
  ));
  new.{{post.rev}} := greatest(old.{{post.rev}} + 1, v_now);
  insert into public.like_unseen as u (post_id, session_id, op) values (old.{{post.id}}, {{none}}, 2 * v_now)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return new;
end $$;

-- Whatever policies an application has for editing posts: only the server sets their counts.
create or replace function public.onecount_guard_counts() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'likes are counted by the server: they cannot be set'
    using errcode = 'insufficient_privilege';
end $$;
