-- Every function answers by index, whatever the statistics of the tables say: they may be missing, of a time when a
-- table was empty, or right and tempting (one post with nearly all rows). docs/decisions/023 says why; in short:
--   a row is looked up with an order and a limit, and sorting is off: only the index on exactly these columns can
--   deliver that order. The conditions are ranges and arrays because they leave the order something to say: an
--   equality alone may be answered by any index that contains the column, also one that has to be read in full for it;
--   a row that was found is changed by its ctid, and its tableoid as tables may be partitioned, under its post's lock;
--   plans are generic, so that they are made once for a connection and not once more for each list.
--
-- What writes the application's tables has their schemas in its search path: its own triggers, which fire then, name
-- other tables of it as its code does. Everything here is named with its schema all the same.

-- Merges ops into the pairs of posts: the greater op wins. The posts are locked in the order of their ids. The
-- triggers for edits by hand look away meanwhile. `likes` is SET to likes plus the transitions that really happened,
-- so likes = base + count(ratings) always (invariant 1). With p_mark_applied what was applied is marked as unseen by
-- Redis; what was smaller than the op already there is always marked, with the greater op. Returns the posts that do
-- not exist.
create or replace function public.onecount_apply(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_mark_applied boolean
) returns {{type.post}}[]
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_skipped bigint;
begin
  perform public.onecount_replan('public.posts_new');
  perform set_config('onecount.applying', 'on', true);
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
{{#table}}
    -- The target first: one that is deleted is locked before its count, which goes with it. In one statement, as a count
    -- that is there a moment after its target was not is to stay unlocked too.
    cross join lateral (
      select true as is_there from {{content}}
       where {{content.id}} >= {{target e.id}} and {{content.id}} <= {{target e.id}} order by {{content.id}} limit 1 for key share
    ) t
{{/table}}
    cross join lateral (
      select from public.posts_new where {{#table}}t.is_there and {{/table}}{{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update
    ) p;

  with entries as materialized (
    select post_id, session_id, max(op) as op, max(rev) as rev
      from unnest(p_posts, p_sessions, p_ops, p_revs) as e (post_id, session_id, op, rev)
     group by post_id, session_id
  ), pairs as materialized (
    select e.*, p.tid as post, p.part as post_part, r.tid as rating, r.part as rating_part,
           t.tid as tombstone, greatest(r.op, t.op, 0) as known
      from entries e
      cross join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where {{post.id}} >= e.post_id and {{post.id}} <= e.post_id order by {{post.id}} limit 1
      ) p
      left join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), newer as materialized (
    select * from pairs where op > known
  ), rated as (
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp(op / 2 / 1000000.0)}} from newer where op % 2 = 1
    on conflict ({{row.key}}, {{row.session}}) do update set {{row.op}} = excluded.{{row.op}}
    returning 1
  ), revived as (
    delete from public.like_tombstones t using newer n where n.op % 2 = 1 and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using newer n
     where n.op % 2 = 0 and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from newer where op % 2 = 0
    on conflict (post_id, session_id) do update set op = excluded.op
  ), unseen as (
    insert into public.like_unseen (post_id, session_id, op)
    select post_id, session_id, greatest(op, known) from pairs
     where op < known or op > known and p_mark_applied
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = excluded.op
  ), changed as (
    update public.posts_new p
       set {{post.likes}} = greatest(greatest(p.{{post.likes}}, 0) + d.delta, 0), {{post.rev}} = greatest(p.{{post.rev}} + 1, d.rev)
      from (
        select post, post_part, max(rev) as rev, sum(op % 2 - (rating is not null)::integer) as delta
          from newer group by post, post_part
      ) d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning 1
  )
  select (select count(*) from newer where op % 2 = 1 or rating is not null)
           - (select count(*) from rated) - (select count(*) from unrated)
           + (select count(*) from (select from newer group by post, post_part) posts) - (select count(*) from changed)
    into v_skipped;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);

  return array(
    select e.id from (select distinct id from unnest(p_posts) as e (id)) e
      left join lateral (
        select true as is_there from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p on true
     where p.is_there is null
  );
end $$;

-- Which of the ops are newer than the op of their pair, on posts that exist.
create or replace function public.onecount_are_new(p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[]) returns boolean[]
language sql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
  select array_agg(
           e.op > greatest(
             (select r.{{row.op}} from public.post_ratings r
              where {{row.post of r}} = any (array[e.post_id]) and r.{{row.session}} >= e.session_id and r.{{row.session}} <= e.session_id
              order by {{row.post of r}}, r.{{row.session}} limit 1),
             (select t.op from public.like_tombstones t
              where t.post_id = any (array[e.post_id]) and t.session_id >= e.session_id and t.session_id <= e.session_id
              order by t.post_id, t.session_id limit 1),
             0
           ) and exists (
             select from public.posts_new p where p.{{post.id}} >= e.post_id and p.{{post.id}} <= e.post_id order by p.{{post.id}} limit 1
           )
           order by n)
    from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
$$;

-- Sets refused ops aside; of a pair the greatest one. A repeat changes nothing.
create or replace function public.onecount_set_aside(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_refused json
) returns void
language sql set search_path = '' as $$
  insert into public.like_refused as r (post_id, session_id, op, sqlstate, message)
  select distinct on (post_id, session_id) post_id, session_id, op, sqlstate, message
    from json_array_elements(p_refused) e,
         lateral (select (e ->> 0)::integer as n, e ->> 1 as sqlstate, e ->> 2 as message) why,
         lateral (select p_posts[n] as post_id, p_sessions[n] as session_id, p_ops[n] as op) pair
   order by post_id, session_id, op desc
  on conflict (post_id, session_id) do update
    set op = excluded.op, sqlstate = excluded.sqlstate, message = excluded.message, refused_at = now()
    where r.op <= excluded.op
$$;

-- Tries ops of this parity that no person has made, and undoes them: whether Postgres refuses all of them with one of
-- p_sqlstates. They are of pairs that Postgres has accepted before and, for likes, of new pairs too, by a session that is
-- there where it can be: an application may accept no others. Refused sessions are left out, and so are the posts of
-- refused ops, unless they are several and there are no others; in the end they are tried too, and only their success
-- counts. False where there is nothing to try.
create or replace function public.onecount_refuses_every(
  p_liked boolean, p_posts {{type.post}}[], p_sessions {{type.session}}[], p_sqlstates text[]
) returns boolean
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant {{type.post}} := {{first}};
  v_avoided {{type.post}}[] := p_posts;
  v_probe {{type.session}} := {{probe}};
  v_from {{type.post}}; v_post {{type.post}}; v_session {{type.session}}; v_op bigint;
  v_is_held boolean;
  v_tried boolean := false;
  v_context text;
begin
  if not exists (select from public.posts_new where {{post.id}} <> all (p_posts)) then
    if cardinality(p_posts) < 2 then
      return false;
    end if;
    v_avoided := '{}';
  end if;
  for i in 1..5 loop
    v_from := case when i % 2 = 1 then {{some post}} else NIL end;
    if i = 5 then
      v_from := p_posts[1];
      v_avoided := '{}';
    end if;
    v_post := null;
    v_is_held := not p_liked or i in (1, 2, 5);
    -- Posts to avoid are stepped over, however many rows they have.
    loop
      if v_is_held then
        select {{row.post}}, {{row.session}}, {{row.op}} + 1 into v_post, v_session, v_op from public.post_ratings
         where {{row.post}} >= v_from and {{row.session}} <> all (p_sessions){{#variants}} and {{row.counted}}{{/variants}} order by {{row.post}}, {{row.session}} limit 1;
      else
        -- A post at the end of its integer says nothing about others.
        select {{post.id}}, v_probe, 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint into v_post, v_session, v_op
          from public.posts_new where {{post.id}} >= v_from and {{post.likes}} < 2147483647 order by {{post.id}} limit 1;
      end if;
      exit when v_post is null or v_post <> all (v_avoided);
      select {{post.id}} into v_from from public.posts_new where {{post.id}} > v_post order by {{post.id}} limit 1;
      if not found then
        v_post := null;
        exit;
      end if;
    end loop;
    if v_is_held then
      v_probe := coalesce(v_session, v_probe);
    end if;
    continue when v_post is null;
    v_tried := v_tried or i < 5;
    v_avoided := v_avoided || v_post;
    begin
      if v_is_held then
        perform public.onecount_apply(array[v_post], array[v_session], array[v_op], array[0], false);
      end if;
      if p_liked then
        perform public.onecount_apply(array[v_post], array[v_session], array[v_op + 1], array[0], false);
      end if;
      set constraints all immediate;
      raise exception using errcode = 'OCOK0';
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_context = pg_exception_context;
      if public.onecount_is_outage(sqlstate, v_context) then
        raise;
      end if;
      if sqlstate = 'OCOK0' or not sqlstate = any (p_sqlstates) then
        return false;
      end if;
    end;
  end loop;
  return v_tried;
end $$;

-- Ops become rows: of presses that go to Postgres first, and of batches. How rows are looked up: see above.
--
-- Every function takes its locks in one order, so that calls wait for each other and never in a circle: the receipt,
-- then posts by id, then all else, which is touched only under the lock of its post.

-- Locks posts, in the order of their ids.
create or replace function public.onecount_lock(p_posts {{type.post}}[]) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  perform public.onecount_replan('public.posts_new');
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
{{#table}}
    -- The target first: one that is deleted is locked before its count, which goes with it. In one statement, as a count
    -- that is there a moment after its target was not is to stay unlocked too.
    cross join lateral (
      select true as is_there from {{content}}
       where {{content.id}} >= {{target e.id}} and {{content.id}} <= {{target e.id}} order by {{content.id}} limit 1 for key share
    ) t
{{/table}}
    cross join lateral (
      select from public.posts_new where {{#table}}t.is_there and {{/table}}{{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update
    ) p;
end $$;

-- Merges ops into the pairs of posts that are locked: the greater op wins. `likes` is SET to likes plus the transitions
-- that really happened, so likes = base + count(ratings) always (invariant 1). A pair occurs at most once. The triggers
-- for edits by hand look away meanwhile.
--
-- Without p_nonce these are presses. An op of 0 or 1 is no op yet: the pair gets a new one of this parity, later than
-- everything that is known of it. Applied ops are logged where a Redis drains. Answers, in the order of the presses,
-- {status: 'applied', post, count, rev, liked, op}, where `op` is the newest of the pair and the counts are those
-- afterwards; or, with nothing changed, {status: 'gone'} for a post that does not exist, {status: 'ahead'} for an op that
-- lies more than `p_ahead` microseconds after now, the newest op of the pair and the revision of the post (null: no
-- limit).
--
-- With p_nonce they are the batch of that name. A pair with a greater op gets a row of the batch that tells it, unless
-- there is one that does. Answers null.
create or replace function public.onecount_merge(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_now bigint, p_ahead bigint, p_nonce text
) returns json[]
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partitions integer := public.onecount_partitions();
  v_results json[];
  v_skipped bigint;
begin
  perform set_config('onecount.applying', 'on', true);
  with entries as materialized (
    select e.n, e.post_id, e.session_id, e.op as given, coalesce(e.rev, p_now) as rev,
           p.tid as post, p.part as post_part, p.likes, p.likes_rev,
           r.tid as rating, r.part as rating_part, t.tid as tombstone, greatest(r.op, t.op, 0) as known,
           case when e.op > 1 then e.op
             else e.op + 2 * greatest(p_now, greatest(r.op, t.op, 0) / 2 + 1,
                                      case when p_now + 5000000 < p.likes_rev then p.likes_rev + 5000001 end)
           end as op
      from unnest(p_posts, p_sessions, p_ops, p_revs) with ordinality as e (post_id, session_id, op, rev, n)
      left join lateral (
        select ctid as tid, tableoid as part, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new
         where {{post.id}} >= e.post_id and {{post.id}} <= e.post_id order by {{post.id}} limit 1
      ) p on true
      left join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), judged as materialized (
    select *,
           case when post is null then 'gone'
                when given > 1 and op / 2 > greatest(p_now, known / 2, likes_rev) + p_ahead then 'ahead'
                else 'applied' end as status
      from entries
  ), newer as materialized (
    select * from judged where status = 'applied' and op > known
  ), rated as (
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp(op / 2 / 1000000.0)}} from newer where op % 2 = 1
    on conflict ({{row.key}}, {{row.session}}) do update set {{row.op}} = excluded.{{row.op}}
    returning 1
  ), revived as (
    delete from public.like_tombstones t using newer n where n.op % 2 = 1 and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using newer n
     where n.op % 2 = 0 and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from newer where op % 2 = 0
    on conflict (post_id, session_id) do update set op = excluded.op
  ), deltas as materialized (
    select post_id, post, post_part, max(rev) as rev, sum(op % 2 - (rating is not null)::integer) as delta
      from newer group by post_id, post, post_part
  ), changed as (
    update public.posts_new p
       set {{post.likes}} = greatest(greatest(p.{{post.likes}}, 0) + d.delta, 0), {{post.rev}} = greatest(p.{{post.rev}} + 1, d.rev)
      from deltas d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning p.{{post.id as id}}, p.{{post.likes as likes}}, p.{{post.rev as likes_rev}}
  ), logged as (
    insert into public.like_log (partition, post_id, session_id, op, prev)
    select public.onecount_partition_of(post_id, v_partitions), post_id, session_id, op, known
      from newer where p_nonce is null and v_partitions is not null
  ), summed as (
    insert into public.like_log_sums as s (post_id, change)
    select post_id, delta from deltas where p_nonce is null and v_partitions is not null and delta <> 0
    on conflict (post_id) do update set change = s.change + excluded.change
  ), beaten as (
    insert into public.like_log (partition, post_id, session_id, op, prev, nonce)
    select public.onecount_partition_of(j.post_id, v_partitions), j.post_id, j.session_id, j.known, j.known, p_nonce
      from judged j
      left join lateral (
        select true as is_told from public.like_log
         where post_id = any (array[j.post_id]) and session_id >= j.session_id and session_id <= j.session_id
           and op = j.known
         order by post_id, session_id, id limit 1
      ) l on true
     where p_nonce is not null and j.post is not null and j.op < j.known and l.is_told is null
  )
  select array_agg(
           case status when 'applied' then json_build_object(
             'status', status, 'post', {{json post_id}},
             'count', greatest(coalesce(c.likes, j.likes), greatest(op, known) % 2),
             'rev', coalesce(c.likes_rev, j.likes_rev), 'liked', greatest(op, known) % 2 = 1,
             'op', greatest(op, known)
           ) else json_build_object('status', status) end
           order by n) filter (where p_nonce is null),
         (select count(*) from newer where op % 2 = 1 or rating is not null)
           - (select count(*) from rated) - (select count(*) from unrated)
           + (select count(*) from deltas) - (select count(*) from changed)
    into v_results, v_skipped
    from judged j left join changed c on c.id = j.post_id;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);
  return v_results;
end $$;

-- Merges a whole batch into the pairs of posts that are locked, as onecount_merge, for less: ops of new pairs are
-- inserted as they are, and each post is looked up once. Raises where the batch is not that simple: a post is gone, a
-- rating was inserted by hand meanwhile, or an op is refused. The caller then merges it with onecount_merge_sparing.
create or replace function public.onecount_merge_whole(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_nonce text
) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partitions integer := public.onecount_partitions();
  v_skipped bigint;
begin
  perform set_config('onecount.applying', 'on', true);
  with judged as materialized (
    select e.*, r.tid as rating, r.part as rating_part, t.tid as tombstone, greatest(r.op, t.op, 0) as known,
           e.op > greatest(r.op, t.op, 0) as is_newer, e.op % 2 = 1 as is_like
      from unnest(p_posts, p_sessions, p_ops, p_revs) as e (post_id, session_id, op, rev)
      left join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), rated as (
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp((op / 2)::double precision / 1000000)}}
      from judged where is_newer and is_like and rating is null
    returning 1
  ), rated_again as (
    -- As a press does: what an application has to say of an insert it says of this one too.
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp((op / 2)::double precision / 1000000)}}
      from judged where is_newer and is_like and rating is not null
    on conflict ({{row.key}}, {{row.session}}) do update set {{row.op}} = excluded.{{row.op}}
    returning 1
  ), revived as (
    delete from public.like_tombstones t using judged n
     where n.tombstone is not null and n.is_newer and n.is_like and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using judged n
     where n.rating is not null and n.is_newer and not n.is_like and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from judged where is_newer and not is_like
    on conflict (post_id, session_id) do update set op = excluded.op
  ), deltas as materialized (
    select d.*, p.tid as post, p.part as post_part
      from (
        select post_id, max(rev) as rev, sum(is_like::integer - (rating is not null)::integer) as delta,
               count(*) filter (where is_like or rating is not null) as written
          from judged where is_newer group by post_id
      ) d
      left join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where {{post.id}} >= d.post_id and {{post.id}} <= d.post_id order by {{post.id}} limit 1
      ) p on true
  ), changed as (
    update public.posts_new p
       set {{post.likes}} = greatest(greatest(p.{{post.likes}}, 0) + d.delta, 0), {{post.rev}} = greatest(p.{{post.rev}} + 1, d.rev)
      from deltas d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning 1
  ), beaten as (
    insert into public.like_log (partition, post_id, session_id, op, prev, nonce)
    select public.onecount_partition_of(j.post_id, v_partitions), j.post_id, j.session_id, j.known, j.known, p_nonce
      from judged j
      cross join lateral (
        select from public.posts_new where {{post.id}} >= j.post_id and {{post.id}} <= j.post_id order by {{post.id}} limit 1
      ) p
      left join lateral (
        select true as is_told from public.like_log
         where post_id = any (array[j.post_id]) and session_id >= j.session_id and session_id <= j.session_id
           and op = j.known
         order by post_id, session_id, id limit 1
      ) l on true
     where not j.is_newer and j.op < j.known and l.is_told is null
  )
  select coalesce(sum(written), 0) + count(*)
           - (select count(*) from rated) - (select count(*) from rated_again) - (select count(*) from unrated)
           - (select count(*) from changed)
    into v_skipped
    from deltas;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);
  -- A constraint that is deferred would speak only when nothing can be set aside any more.
  set constraints all immediate;
end $$;

-- Merges ops as onecount_merge, without those that Postgres refuses: a group that is refused is tried by halves until the
-- refused ops are alone. Answers {results: [of each press], refused: [[position from 1, sqlstate, message]]}; the
-- result of a refused press is {status: 'refused', sqlstate, message}, and the counts of the others are those after
-- their part. An error that is no refusal of single ops ends the whole call as it came: an outage, and one that no op
-- can avoid, such as a missing column, grant or default.
create or replace function public.onecount_merge_sparing(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_now bigint, p_ahead bigint, p_nonce text
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_count integer := coalesce(cardinality(p_posts), 0);
  v_from integer[] := array[1]; v_to integer[] := array[v_count];
  v_a integer; v_b integer;
  v_revs bigint[] := p_revs;
  v_results json[] := array_fill(null::json, array[v_count]);
  v_part json[];
  v_new boolean[];
  v_refused integer[] := '{}';
  v_states text[] := '{}'; v_messages text[] := '{}';
  v_state text; v_message text; v_context text;
begin
  while cardinality(v_from) > 0 loop
    v_a := v_from[1];
    v_b := v_to[1];
    v_from := v_from[2:];
    v_to := v_to[2:];
    begin
      v_part := public.onecount_merge(
        p_posts[v_a:v_b], p_sessions[v_a:v_b], p_ops[v_a:v_b], v_revs[v_a:v_b], p_now, p_ahead, p_nonce);
      -- A constraint that is deferred would speak only when nothing can be set aside any more.
      set constraints all immediate;
      if v_part is not null then
        v_results[v_a:v_b] := v_part;
      end if;
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                              v_context = pg_exception_context;
      if public.onecount_is_outage(v_state, v_context) or v_count = 0 then
        raise;
      end if;
      if v_new is null then
        -- What fails without any op is not about ops.
        perform public.onecount_merge('{}', '{}', '{}', '{}', p_now, p_ahead, p_nonce);
        v_new := public.onecount_are_new(p_posts, p_sessions, p_ops);
        -- A part of a post's ops has a count that was never shown: it does not get the revision of the whole.
        if p_nonce is not null then
          v_revs := array_fill(0::bigint, array[v_count]);
        end if;
      end if;
      if v_a = v_b then
        v_refused := v_refused || v_a;
        v_states := v_states || v_state;
        v_messages := v_messages || left(v_message, 500);
        v_results[v_a] := json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
      else
        v_from := array[v_a, (v_a + v_b) / 2 + 1] || v_from;
        v_to := array[(v_a + v_b) / 2, v_b] || v_to;
      end if;
    end;
  end loop;

  -- Where a new op of the same parity was accepted Postgres does not refuse all; elsewhere others are tried.
  for v_parity in 0..1 loop
    if exists (select from unnest(v_refused) n where p_ops[n] % 2 = v_parity)
      and not exists (
        select from generate_subscripts(p_ops, 1) n where p_ops[n] % 2 = v_parity and v_new[n] and n <> all (v_refused)
      )
      and public.onecount_refuses_every(
        v_parity = 1,
        array(select distinct p_posts[n] from unnest(v_refused) n),
        array(select distinct p_sessions[n] from unnest(v_refused) n),
        array(select v_states[k] from generate_subscripts(v_refused, 1) k where p_ops[v_refused[k]] % 2 = v_parity)
      )
    then
      select v_states[k], v_messages[k] into v_state, v_message from generate_subscripts(v_refused, 1) k
       where p_ops[v_refused[k]] % 2 = v_parity limit 1;
      raise exception using errcode = v_state, message = v_message,
        hint = 'Postgres refuses this of every post: correct its cause.';
    end if;
  end loop;
  return json_build_object(
    'results', case when p_nonce is null then v_results end,
    'refused', (
      select coalesce(json_agg(json_build_array(v_refused[k], v_states[k], v_messages[k])), '[]')
        from generate_subscripts(v_refused, 1) k
    )
  );
end $$;

-- Presses, each durable when this answers: results as of onecount_merge_sparing, or {status: 'refused', sqlstate,
-- message} for the whole call where Postgres refuses every op.
create or replace function public.onecount_press(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_now bigint, p_ahead bigint
) returns json
language plpgsql set search_path = '' as $$
declare
  v_results json;
  v_state text; v_message text; v_context text;
begin
  perform public.onecount_lock(p_posts);
  begin
    v_results := public.onecount_merge_sparing(p_posts, p_sessions, p_ops, null, p_now, p_ahead, null) -> 'results';
  exception when others or assert_failure or query_canceled then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                            v_context = pg_exception_context;
    if public.onecount_is_outage(v_state, v_context) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  return v_results;
end $$;
