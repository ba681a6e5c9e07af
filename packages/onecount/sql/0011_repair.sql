-- Repairs what no engine has written, in pages, each a short transaction. What is sound: 0006_existing_data.sql. A page
-- can be cut off and taken again, and two at once do no harm. Written rows are not taken for edits by hand.

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

-- Repairs one page of posts by id, after `p_after` and up to `p_until`: {last, posts, likesMissing, likesNegative,
-- likesBelowRatings, revisions}, each a number of posts but `last`, the last post looked at, null when there was none.
-- A page ends early after about a second, or 50 milliseconds after the first post that it locks. Redis forgets the
-- posts that are repaired. With p_dry_run nothing is written. A post is written only if it is as it was when its rows
-- were counted, so that counting a large post holds no lock; one that changes every time is locked.
create or replace function public.onecount_repair_posts(
  p_after uuid, p_until uuid, p_limit integer, p_dry_run boolean
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
  v_repaired uuid[] := '{}';
  v_last uuid;
  v_posts integer := 0;
  v_missing integer := 0;
  v_negative integer := 0;
  v_below integer := 0;
  v_revisions integer := 0;
begin
  perform set_config('onecount.applying', 'on', true);
  for v_page in
    select p.id, p.likes, p.likes_rev, (
      select count(*) from (
        select from public.post_ratings where post_id >= p.id and post_id <= p.id order by post_id, session_id
      ) r
    ) as ratings
      from public.posts_new p
     where p.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
       and p.id <= coalesce(p_until, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by p.id
     limit p_limit
  loop
    v_post := v_page;
    for v_attempt in 1..4 loop
      exit when v_post.likes >= v_post.ratings and v_post.likes_rev between 0 and v_newest;
      if not p_dry_run then
        update public.posts_new
           set likes = greatest(v_post.likes, v_post.ratings),
               likes_rev = case when v_post.likes_rev between 0 and v_newest then greatest(v_post.likes_rev + 1, v_now)
                                else v_now end
         where id = v_post.id and likes is not distinct from v_post.likes
           and likes_rev is not distinct from v_post.likes_rev;
        if not found then
          if v_attempt = 3 then
            perform from public.posts_new where id = v_page.id for no key update;
          end if;
          select p.id, p.likes, p.likes_rev, (
            select count(*) from (
              select from public.post_ratings where post_id >= p.id and post_id <= p.id order by post_id, session_id
            ) r
          ) as ratings
            into v_post
            from public.posts_new p where p.id = v_page.id;
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
  select id, '', 2 * v_now from unnest(v_repaired) as r (id) order by id
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  perform set_config('onecount.applying', '', true);
  return json_build_object(
    'last', v_last, 'posts', v_posts, 'likesMissing', v_missing, 'likesNegative', v_negative,
    'likesBelowRatings', v_below, 'revisions', v_revisions);
end $$;

-- Takes the lock on these posts, which is the lock on their pairs: every function of the engine takes it before it
-- looks up a row. Answers the posts that no other transaction holds just now, and those that do not exist, whose rows
-- none locks.
create or replace function public.onecount_lock_posts(p_posts uuid[]) returns uuid[]
language sql set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
  select array(
    select e.id from (select distinct id from unnest(p_posts) as e (id)) e
      left join lateral (
        select id from public.posts_new where id >= e.id and id <= e.id order by id limit 1
      ) p on true
     where p.id is null
  ) || array(
    select p.id from (select distinct id from unnest(p_posts) as e (id)) e
      cross join lateral (
        select id from public.posts_new where id >= e.id and id <= e.id order by id limit 1
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
  v_posts uuid[];
  v_left boolean := false;
  v_report json;
begin
  v_rows := array(
    select ctid from public.post_ratings
     where ctid >= v_low and ctid < v_high
       and (op is null or op < 3 or op % 2 = 0 or op > v_newest or session_id is null) and post_id is not null
     limit case when not p_dry_run then p_limit end);
  if not p_dry_run then
    v_posts := public.onecount_lock_posts(array(select post_id from public.post_ratings where ctid = any (v_rows)));
    v_rows := array(
      select ctid from public.post_ratings where ctid = any (v_rows) and post_id = any (v_posts)
         for update skip locked);
  end if;
  select json_build_object(
      'opsMissing', count(*) filter (where op is null),
      'opsInFuture', count(*) filter (where op > v_newest),
      'opsInvalid', count(*) filter (where op < 3 or op % 2 = 0 and op <= v_newest),
      'sessionsMissing', count(*) filter (where session_id is null))
    into v_report
    from public.post_ratings where ctid = any (v_rows);

  if not p_dry_run then
    perform set_config('onecount.applying', 'on', true);
    update public.post_ratings r
       set session_id = coalesce(r.session_id, gen_random_uuid()::text),
           op = case when r.op between 3 and v_newest then r.op + (1 - r.op % 2)
                     else public.onecount_op_before(
                       (select p.likes_rev from public.posts_new p where p.id = r.post_id), v_now) + 1 end
     where r.ctid = any (v_rows);
    perform set_config('onecount.applying', '', true);
    v_left := exists (
      select from public.post_ratings
       where ctid >= v_low and ctid < v_high
         and (op is null or op < 3 or op % 2 = 0 or op > v_newest or session_id is null) and post_id is not null
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
  v_posts uuid[];
  v_left boolean := false;
begin
  v_future := array(
    select ctid from public.like_tombstones where ctid >= v_low and ctid < v_high and op > v_newest limit v_limit);
  v_unseen := array(select ctid from public.like_unseen where p_from = 0 and op > v_newest limit v_limit);
  v_both := array(
    select t.ctid from public.like_tombstones t
      join public.post_ratings r on r.post_id = t.post_id and r.session_id = t.session_id
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
       set op = public.onecount_op_before((select likes_rev from public.posts_new where id = t.post_id), v_now)
     where ctid = any (v_future) and op > v_newest;
    v_unseen := array(select ctid from public.like_unseen where ctid = any (v_unseen) for update skip locked);
    update public.like_unseen u
       set op = public.onecount_op_before((select likes_rev from public.posts_new where id = u.post_id), v_now) + op % 2
     where ctid = any (v_unseen) and op > v_newest;
    v_both := array(
      select t.ctid from public.like_tombstones t
        join public.post_ratings r on r.post_id = t.post_id and r.session_id = t.session_id
       where t.ctid = any (v_both) and t.post_id = any (v_posts) for update skip locked);
    with buried as (
      delete from public.like_tombstones where ctid = any (v_both) returning post_id, session_id, op
    )
    update public.post_ratings r set op = b.op + 1
      from buried b
     where r.post_id = b.post_id and r.session_id = b.session_id and r.op < b.op;
    perform set_config('onecount.applying', '', true);
    v_left := exists (
        select from public.like_tombstones where ctid >= v_low and ctid < v_high and op > v_newest)
      or exists (select from public.like_unseen where p_from = 0 and op > v_newest)
      or exists (
        select from public.like_tombstones t
          join public.post_ratings r on r.post_id = t.post_id and r.session_id = t.session_id
         where t.ctid >= v_low and t.ctid < v_high);
  end if;
  return json_build_object(
    'next', case when v_left then p_from when p_from + p_blocks < v_blocks then p_from + p_blocks end,
    'blocks', v_blocks,
    'left', v_left and greatest(cardinality(v_future), cardinality(v_unseen), cardinality(v_both)) < p_limit,
    'bookkeeping', cardinality(v_future) + cardinality(v_unseen),
    'contradictions', cardinality(v_both));
end $$;

-- Makes Postgres refuse what the repair has removed: the constraint of 0001 is put back where it was dropped, and
-- validated, under a lock that stops neither readers nor writers. Answers whether it had to. The owner of the tables
-- alone may do that, so it runs as the owner of this function.
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
    alter table public.post_ratings add constraint post_ratings_op_likes check (op % 2 = 1) not valid;
  end if;
  alter table public.post_ratings validate constraint post_ratings_op_likes;
  return true;
end $$;

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and (p.proname like 'onecount\_repair\_%'
            or p.proname in ('onecount_blocks', 'onecount_lock_posts', 'onecount_op_before'))
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', v_function);
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end $$;
