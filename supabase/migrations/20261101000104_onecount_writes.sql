-- Generated from packages/onecount/sql/0004_writes.sql by `npm run generate`. Do not edit.

-- Presses that go to Postgres first: while Redis is away, where there is none, and from moderation. They are judged here,
-- where the newest op of the pair and the revision of the post are known.
--
-- An op of 0 or 1 is no op yet: the pair gets a new one of this parity, later than everything that is known of it.
-- onecount_fallback stays for instances of the version before, which run while a deployment goes on.
--
-- The planner settings of these functions leave it one way to each row: the index. A plan that a connection has cached
-- while a table was small, or that rests on statistics of long ago, is then the right one for any table.

-- One press. Answers {status: 'applied', post, count, rev, liked, op}, where `op` is the newest of the pair; or, with
-- nothing changed, {status: 'gone'} for a post that does not exist, {status: 'ahead'} for an op that lies more than
-- `p_ahead` microseconds after now, the newest op of the pair and the revision of the post. Null: no limit.
create or replace function public.onecount_write_one(
  p_post uuid, p_session text, p_op bigint, p_now bigint, p_ahead bigint
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  v_likes bigint;
  v_rev bigint;
  v_rating bigint;
  v_tombstone bigint;
  v_known bigint;
  v_op bigint := p_op;
begin
  -- The lock on the post is the lock on its pairs.
  select likes, likes_rev into v_likes, v_rev from public.posts_new where id = p_post for no key update;
  if not found then
    return json_build_object('status', 'gone');
  end if;
  select (select op from public.post_ratings where post_id = p_post and session_id = p_session),
         (select op from public.like_tombstones where post_id = p_post and session_id = p_session)
    into v_rating, v_tombstone;
  v_known := greatest(v_rating, v_tombstone, 0);

  if v_op <= 1 then
    v_op := p_op + 2 * greatest(p_now, v_known / 2 + 1, case when p_now < v_rev then v_rev + 5000001 end);
  elsif v_op / 2 > greatest(p_now, v_known / 2, v_rev) + p_ahead then
    return json_build_object('status', 'ahead');
  end if;

  if v_op > v_known then
    perform set_config('onecount.applying', 'on', true);
    if v_op % 2 = 1 then
      insert into public.post_ratings (post_id, session_id, op, created_at)
      values (p_post, p_session, v_op, to_timestamp(v_op / 2 / 1000000.0))
      on conflict (post_id, session_id) do update set op = excluded.op;
      if v_tombstone is not null then
        delete from public.like_tombstones where post_id = p_post and session_id = p_session;
      end if;
    else
      insert into public.like_tombstones (post_id, session_id, op) values (p_post, p_session, v_op)
      on conflict (post_id, session_id) do update set op = excluded.op;
      if v_rating is not null then
        delete from public.post_ratings where post_id = p_post and session_id = p_session;
      end if;
    end if;
    v_likes := v_likes + v_op % 2 - (v_rating is not null)::integer;
    v_rev := greatest(v_rev + 1, p_now);
    update public.posts_new set likes = v_likes, likes_rev = v_rev where id = p_post;
    perform set_config('onecount.applying', '', true);
  end if;
  if v_op <> v_known then
    v_op := greatest(v_op, v_known);
    insert into public.like_unseen (post_id, session_id, op) values (p_post, p_session, v_op)
    on conflict (post_id, session_id) do update set op = excluded.op;
  end if;
  return json_build_object(
    'status', 'applied', 'post', p_post, 'count', v_likes, 'rev', v_rev, 'liked', v_op % 2 = 1, 'op', v_op
  );
end $$;

-- Many presses at once, of each pair at most one: the answers of onecount_write_one, in the order of the presses, with
-- the counts that the posts have afterwards. Posts are locked in the order of their ids, and rows of like_unseen are
-- touched in the order of their keys, so that batches of several processes wait for each other and never in a circle.
create or replace function public.onecount_write(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_now bigint, p_ahead bigint
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  v_result json;
begin
  perform set_config('onecount.applying', 'on', true);
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
    cross join lateral (select p.id from public.posts_new p where p.id = e.id for no key update) p;

  with entries as materialized (
    select e.n, e.post_id, e.session_id, p.likes, p.likes_rev as rev, r.op as rating,
           greatest(r.op, t.op, 0) as known, e.op as given, p.id is null as is_gone,
           case when e.op > 1 then e.op
             else e.op + 2 * greatest(p_now, greatest(r.op, t.op, 0) / 2 + 1,
                                      case when p_now < p.likes_rev then p.likes_rev + 5000001 end)
           end as op
      from unnest(p_posts, p_sessions, p_ops) with ordinality as e (post_id, session_id, op, n)
      left join lateral (
        select id, likes, likes_rev from public.posts_new where id = e.post_id limit 1
      ) p on true
      left join lateral (
        select op from public.post_ratings where post_id = e.post_id and session_id = e.session_id limit 1
      ) r on true
      left join lateral (
        select op from public.like_tombstones where post_id = e.post_id and session_id = e.session_id limit 1
      ) t on true
  ), judged as materialized (
    select e.*,
           case when is_gone then 'gone'
                when given > 1 and op / 2 > greatest(p_now, known / 2, rev) + p_ahead then 'ahead'
                else 'applied' end as status
      from entries e
  ), newer as materialized (
    select * from judged where status = 'applied' and op > known
  ), rated as (
    insert into public.post_ratings (post_id, session_id, op, created_at)
    select post_id, session_id, op, to_timestamp(op / 2 / 1000000.0) from newer where op % 2 = 1
    on conflict (post_id, session_id) do update set op = excluded.op
  ), revived as (
    delete from public.like_tombstones t using newer n
     where n.op % 2 = 1 and n.known > 0 and t.post_id = n.post_id and t.session_id = n.session_id
  ), unrated as (
    delete from public.post_ratings r using newer n
     where n.op % 2 = 0 and n.rating is not null and r.post_id = n.post_id and r.session_id = n.session_id
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from newer where op % 2 = 0
    on conflict (post_id, session_id) do update set op = excluded.op
  ), unseen as (
    insert into public.like_unseen (post_id, session_id, op)
    select post_id, session_id, greatest(op, known) from judged
     where status = 'applied' and op <> known
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = excluded.op
  ), changed as (
    update public.posts_new p
       set likes = p.likes + d.delta, likes_rev = greatest(p.likes_rev + 1, p_now)
      from (
        select post_id, sum(op % 2 - (rating is not null)::integer) as delta from newer group by post_id
      ) d
     where p.id = d.post_id
    returning p.id, p.likes, p.likes_rev
  )
  select json_agg(
           case status when 'applied' then json_build_object(
             'status', status, 'post', post_id, 'count', coalesce(c.likes, j.likes),
             'rev', coalesce(c.likes_rev, j.rev), 'liked', greatest(op, known) % 2 = 1, 'op', greatest(op, known)
           ) else json_build_object('status', status) end
           order by n)
    into v_result
    from judged j left join changed c on c.id = j.post_id;
  perform set_config('onecount.applying', '', true);
  return coalesce(v_result, '[]');
end $$;

revoke execute on function
  public.onecount_write_one(uuid, text, bigint, bigint, bigint),
  public.onecount_write(uuid[], text[], bigint[], bigint, bigint)
  from public, anon, authenticated;
grant execute on function
  public.onecount_write_one(uuid, text, bigint, bigint, bigint),
  public.onecount_write(uuid[], text[], bigint[], bigint, bigint)
  to service_role;
