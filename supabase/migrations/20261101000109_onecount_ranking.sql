-- Generated from packages/onecount/sql/0009_ranking.sql by `npm run generate`. Do not edit.

-- Of posts with equal counts the one with the greater id comes first: the order in which Redis lists them, where the id
-- is text in lower case.

-- The most liked posts as Postgres knows them: [[post, likes]]. Reads every post once, as there is no index on likes
-- (decision 021): callers share an answer for a while.
create or replace function public.onecount_ranking(p_limit integer) returns json
language sql stable set search_path = '' set jit = off as $$
  select coalesce(json_agg(json_build_array(id, greatest(likes, 0))), '[]')
  from (select id, likes from public.posts_new order by likes desc nulls last, id desc limit p_limit) top;
$$;

-- One keyset page of all posts by id: [[post, likes]], a range of the primary key whatever the statistics say.
create or replace function public.onecount_likes(p_after uuid, p_limit integer) returns json
language sql stable
set search_path = '' set jit = off set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
  select coalesce(json_agg(json_build_array(id, greatest(likes, 0))), '[]')
  from (
    select id, likes from public.posts_new
     where id > coalesce(p_after, '00000000-0000-0000-0000-000000000000')
     order by id
     limit p_limit
  ) page;
$$;

revoke execute on function public.onecount_likes(uuid, integer) from public, anon, authenticated;
grant execute on function public.onecount_likes(uuid, integer) to service_role;
