-- Repairs one page of posts by id, after `p_after` and up to `p_until`: {last, posts, likesMissing, likesNegative,
-- likesBelowRatings, revisions}, each a number of posts but `last`, the last post looked at, null when there was none.
-- A page ends early after about a second, or 50 milliseconds after the first post that it locks. Redis forgets the
-- posts that are repaired. With p_dry_run nothing is written. A post is written only if it is as it was when its rows
-- were counted, so that counting a large post holds no lock; one that changes every time is locked.
create or replace function public.onecount_repair_posts(
  p_after {{type.post}}, p_until {{type.post}}, p_limit integer, p_dry_run boolean
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  v_until timestamptz := clock_timestamp() + interval '1 second';
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_newest bigint := v_now + 5000000;
  v_page record;
  v_post record;
  v_repaired {{type.post}}[] := '{}';
  v_last {{type.post}};
  v_posts integer := 0;
  v_missing integer := 0;
  v_negative integer := 0;
  v_below integer := 0;
  v_revisions integer := 0;
begin
  perform set_config('onecount.applying', 'on', true);
  for v_page in
    select p.{{post.id as id}}, p.{{post.likes as likes}}, p.{{post.rev as likes_rev}}, (
      select count(*) from (
        select from public.post_ratings where {{row.post}} >= p.{{post.id}} and {{row.post}} <= p.{{post.id}} order by {{row.post}}, {{row.session}}
      ) r
    ) as ratings
      from public.posts_new p
     where p.{{post.id}} > coalesce(p_after, {{first}})
       and p.{{post.id}} <= coalesce(p_until, {{last p.post.id}})
     order by p.{{post.id}}
     limit p_limit
  loop
    v_post := v_page;
    for v_attempt in 1..4 loop
      exit when v_post.likes >= v_post.ratings and v_post.likes_rev between 0 and v_newest;
      if not p_dry_run then
        update public.posts_new
           set {{post.likes}} = greatest(v_post.likes, v_post.ratings),
               {{post.rev}} = case when v_post.likes_rev between 0 and v_newest then greatest(v_post.likes_rev + 1, v_now)
                                else v_now end
         where {{post.id}} = v_post.id and {{post.likes}} is not distinct from v_post.likes
           and {{post.rev}} is not distinct from v_post.likes_rev;
        if not found then
          if v_attempt = 3 then
            perform from public.posts_new where {{post.id}} = v_page.id for no key update;
          end if;
          select p.{{post.id as id}}, p.{{post.likes as likes}}, p.{{post.rev as likes_rev}}, (
            select count(*) from (
              select from public.post_ratings where {{row.post}} >= p.{{post.id}} and {{row.post}} <= p.{{post.id}} order by {{row.post}}, {{row.session}}
            ) r
          ) as ratings
            into v_post
            from public.posts_new p where p.{{post.id}} = v_page.id;
          -- Gone: there is nothing left to repair.
          exit when not found;
          continue;
        end if;
        if v_repaired = '{}' then
          v_until := least(v_until, clock_timestamp() + interval '50 milliseconds');
        end if;
        v_repaired := v_repaired || v_post.id;
      end if;
      if v_post.likes is null then v_missing := v_missing + 1;
      elsif v_post.likes < 0 then v_negative := v_negative + 1;
      elsif v_post.likes < v_post.ratings then v_below := v_below + 1;
      end if;
      if (v_post.likes_rev between 0 and v_newest) is not true then v_revisions := v_revisions + 1; end if;
      exit;
    end loop;
    v_last := v_page.id;
    v_posts := v_posts + 1;
    exit when clock_timestamp() > v_until;
  end loop;
  insert into public.like_unseen as u (post_id, session_id, op)
  select id, {{none}}, 2 * v_now from unnest(v_repaired) as r (id) order by id
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  perform set_config('onecount.applying', '', true);
  return json_build_object(
    'last', {{json v_last}}, 'posts', v_posts, 'likesMissing', v_missing, 'likesNegative', v_negative,
    'likesBelowRatings', v_below, 'revisions', v_revisions);
end $$;

-- Takes the lock on these posts, which is the lock on their pairs: every function of the engine takes it before it
-- looks up a row. Answers the posts that no other transaction holds just now, and those that do not exist, whose rows
-- none locks.
create or replace function public.onecount_lock_posts(p_posts {{type.post}}[]) returns {{type.post}}[]
language sql set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
  select array(
    select e.id from (select distinct id from unnest(p_posts) as e (id)) e
      left join lateral (
        select {{post.id as id}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p on true
     where p.id is null
  ) || array(
    select p.id from (select distinct id from unnest(p_posts) as e (id)) e
      cross join lateral (
        select {{post.id as id}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
           for no key update skip locked
      ) p
  )
$$;

-- Repairs the ratings of `p_blocks` blocks of their table from block `p_from` on: {next, blocks, left, opsMissing,
-- opsInFuture, opsInvalid, sessionsMissing}, each a number of ratings but `next`, the block to go on with (null: that
-- was the end), and `blocks`, how many there are. At most `p_limit` rows are written; `next` is `p_from` again while
-- sound rows are left. Rows that another transaction holds are not waited for: `left` says that there were some. In the
-- order of the table: no index is read, and a row that is moved by its repair needs none.
create or replace function public.onecount_repair_ratings(
  p_from bigint, p_blocks integer, p_limit integer, p_dry_run boolean
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_newest bigint := 2 * (v_now + 5000000) + 1;
  v_low tid := format('(%s,0)', p_from);
  v_high tid := format('(%s,0)', p_from + p_blocks);
  v_blocks bigint := public.onecount_blocks('public.post_ratings');
  v_rows tid[];
  v_posts {{type.post}}[];
  v_left boolean := false;
  v_report json;
begin
  v_rows := array(
    select ctid from public.post_ratings
     where ctid >= v_low and ctid < v_high
       and ({{row.op}} is null or {{row.op}} < 3 or {{row.op}} % 2 = 0 or {{row.op}} > v_newest or {{row.session}} is null) and {{row.post}} is not null
     limit case when not p_dry_run then p_limit end);
  if not p_dry_run then
    v_posts := public.onecount_lock_posts(array(select {{row.post}} from public.post_ratings where ctid = any (v_rows)));
    v_rows := array(
      select ctid from public.post_ratings where ctid = any (v_rows) and {{row.post}} = any (v_posts)
         for update skip locked);
  end if;
  select json_build_object(
      'opsMissing', count(*) filter (where {{row.op}} is null),
      'opsInFuture', count(*) filter (where {{row.op}} > v_newest),
      'opsInvalid', count(*) filter (where {{row.op}} < 3 or {{row.op}} % 2 = 0 and {{row.op}} <= v_newest),
      'sessionsMissing', count(*) filter (where {{row.session}} is null))
    into v_report
    from public.post_ratings where ctid = any (v_rows);

  if not p_dry_run then
    perform set_config('onecount.applying', 'on', true);
    update public.post_ratings r
       set {{row.session}} = coalesce(r.{{row.session}}, gen_random_uuid(){{actor.cast}}),
           {{row.op}} = case when r.{{row.op}} between 3 and v_newest then r.{{row.op}} + (1 - r.{{row.op}} % 2)
                     else public.onecount_op_before(
                       (select p.{{post.rev}} from public.posts_new p where p.{{post.id}} = {{row.post of r}}), v_now) + 1 end
     where r.ctid = any (v_rows);
    perform set_config('onecount.applying', '', true);
    v_left := exists (
      select from public.post_ratings
       where ctid >= v_low and ctid < v_high
         and ({{row.op}} is null or {{row.op}} < 3 or {{row.op}} % 2 = 0 or {{row.op}} > v_newest or {{row.session}} is null) and {{row.post}} is not null
    );
  end if;
  return (v_report::jsonb || jsonb_build_object(
    'next', case when v_left then p_from when p_from + p_blocks < v_blocks then p_from + p_blocks end,
    'blocks', v_blocks,
    'left', v_left and cardinality(v_rows) < p_limit
  ))::json;
end $$;

-- The same for like_tombstones, and with its first block for like_unseen, which is short: {next, blocks, left,
-- bookkeeping, contradictions}. An op in the future there would bring the one of a rating back, or beat every press
-- until then. A pair that both likes a post and does not, which only a restore or an import can leave behind, likes it:
-- the rating is what was counted.
create or replace function public.onecount_repair_tombstones(
  p_from bigint, p_blocks integer, p_limit integer, p_dry_run boolean
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_newest bigint := 2 * (v_now + 5000000) + 1;
  v_low tid := format('(%s,0)', p_from);
  v_high tid := format('(%s,0)', p_from + p_blocks);
  v_blocks bigint := public.onecount_blocks('public.like_tombstones');
  v_limit integer := case when not p_dry_run then p_limit end;
  v_future tid[];
  v_unseen tid[];
  v_both tid[];
  v_posts {{type.post}}[];
  v_left boolean := false;
begin
  v_future := array(
    select ctid from public.like_tombstones where ctid >= v_low and ctid < v_high and op > v_newest limit v_limit);
  v_unseen := array(select ctid from public.like_unseen where p_from = 0 and op > v_newest limit v_limit);
  v_both := array(
    select t.ctid from public.like_tombstones t
      join public.post_ratings r on {{row.post of r}} = t.post_id and r.{{row.session}} = t.session_id
     where t.ctid >= v_low and t.ctid < v_high and t.op <= v_newest
     limit v_limit);
  if not p_dry_run then
    perform set_config('onecount.applying', 'on', true);
    v_posts := public.onecount_lock_posts(array(
      select post_id from public.like_tombstones where ctid = any (v_future || v_both)));
    v_future := array(
      select ctid from public.like_tombstones where ctid = any (v_future) and post_id = any (v_posts)
         for update skip locked);
    update public.like_tombstones t
       set op = public.onecount_op_before((select {{post.rev}} from public.posts_new where {{post.id}} = t.post_id), v_now)
     where ctid = any (v_future) and op > v_newest;
    v_unseen := array(select ctid from public.like_unseen where ctid = any (v_unseen) for update skip locked);
    update public.like_unseen u
       set op = public.onecount_op_before((select {{post.rev}} from public.posts_new where {{post.id}} = u.post_id), v_now) + op % 2
     where ctid = any (v_unseen) and op > v_newest;
    v_both := array(
      select t.ctid from public.like_tombstones t
        join public.post_ratings r on {{row.post of r}} = t.post_id and r.{{row.session}} = t.session_id
       where t.ctid = any (v_both) and t.post_id = any (v_posts) for update skip locked);
    with buried as (
      delete from public.like_tombstones where ctid = any (v_both) returning post_id, session_id, op
    )
    update public.post_ratings r set {{row.op}} = b.op + 1
      from buried b
     where {{row.post of r}} = b.post_id and r.{{row.session}} = b.session_id and r.{{row.op}} < b.op;
    perform set_config('onecount.applying', '', true);
    v_left := exists (
        select from public.like_tombstones where ctid >= v_low and ctid < v_high and op > v_newest)
      or exists (select from public.like_unseen where p_from = 0 and op > v_newest)
      or exists (
        select from public.like_tombstones t
          join public.post_ratings r on {{row.post of r}} = t.post_id and r.{{row.session}} = t.session_id
         where t.ctid >= v_low and t.ctid < v_high);
  end if;
  return json_build_object(
    'next', case when v_left then p_from when p_from + p_blocks < v_blocks then p_from + p_blocks end,
    'blocks', v_blocks,
    'left', v_left and greatest(cardinality(v_future), cardinality(v_unseen), cardinality(v_both)) < p_limit,
    'bookkeeping', cardinality(v_future) + cardinality(v_unseen),
    'contradictions', cardinality(v_both));
end $$;

-- Makes Postgres refuse the values that the repair has removed: puts the constraint of 0001 back where it was dropped, and
-- validates it, under a lock that stops neither readers nor writers. Answers whether it had to. Only the owner of the
-- tables may do that, so it runs as the owner of this function.
create or replace function public.onecount_repair_constraints(p_dry_run boolean) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_is_valid boolean := (
    select convalidated from pg_catalog.pg_constraint
     where conrelid = 'public.post_ratings'::regclass and conname = 'post_ratings_op_likes');
begin
  if v_is_valid or p_dry_run then
    return v_is_valid is not true;
  end if;
  if v_is_valid is null then
    alter table public.post_ratings add constraint post_ratings_op_likes check ({{row.op}} % 2 = 1) not valid;
  end if;
  alter table public.post_ratings validate constraint post_ratings_op_likes;
  return true;
end $$;

-- Makes posts_new.likes a bigint, so that no count overflows. Rewrites the table while it is locked: for the owner of
-- the table, in a quiet hour. While it waits for the lock no other session gets one, so it waits no longer than is said.
-- Triggers that look at the column stand in the way, and are made anew as they were.
create or replace function public.onecount_widen_likes(p_lock_timeout text default '2s') returns void
language plpgsql set search_path = '' as $$
declare
  v_triggers text[] := '{}';
  v_trigger record;
  v_text text;
begin
  perform set_config('lock_timeout', p_lock_timeout, true);
  lock table public.posts_new in access exclusive mode;
  for v_trigger in
    select tgname, tgenabled, pg_catalog.pg_get_triggerdef(oid) as definition from pg_catalog.pg_trigger
     where tgrelid = 'public.posts_new'::regclass and not tgisinternal
  loop
    execute format('drop trigger %I on public.posts_new', v_trigger.tgname);
    v_triggers := v_triggers || v_trigger.definition;
    if v_trigger.tgenabled <> 'O' then
      v_triggers := v_triggers || format('alter table public.posts_new %s trigger %I', case v_trigger.tgenabled
        when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, v_trigger.tgname);
    end if;
  end loop;
  alter table public.posts_new alter column {{post.likes}} type bigint;
  foreach v_text in array v_triggers loop
    execute v_text;
  end loop;
end $$;
