-- A snapshot says which batch Postgres has applied last: a Redis that has come back older does not know it, and must not
-- count what was read of such a Postgres. Rows are looked up as in 0005_plans.sql.

-- Everything of the posts that hydration needs, in one snapshot:
-- [{post, likes, rev, sessions, ops, unseenSessions, unseenOps, receipt}], without the posts that do not exist.
create or replace function public.onecount_snapshot(p_posts uuid[]) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'post', p.id, 'likes', greatest(p.likes, r.n), 'rev', p.likes_rev,
      'sessions', coalesce(r.sessions, '[]'), 'ops', coalesce(r.ops, '[]'),
      'unseenSessions', coalesce(u.sessions, '[]'), 'unseenOps', coalesce(u.ops, '[]'),
      'receipt', (select nonce from public.like_receipt where partition = 0)
    )), '[]')
    from (select distinct id from unnest(p_posts) as e (id)) e
    cross join lateral (
      select id, likes, likes_rev from public.posts_new where id >= e.id and id <= e.id order by id limit 1
    ) p
    cross join lateral (
      select json_agg(session_id) as sessions, json_agg(op) as ops, count(*) as n
        from (
          select session_id, op from public.post_ratings
           where post_id >= e.id and post_id <= e.id order by post_id, session_id
        ) r
    ) r
    cross join lateral (
      select json_agg(session_id) as sessions, json_agg(op) as ops
        from (
          select session_id, op from public.like_unseen
           where post_id >= e.id and post_id <= e.id order by post_id, session_id
        ) u
       where session_id <> ''
    ) u
  );
end $$;
