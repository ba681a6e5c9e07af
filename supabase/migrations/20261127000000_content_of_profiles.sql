-- What a profile's pictures add up to beside those of one page: rows by posts_new_author_idx, and no index on likes, as
-- that would make every like write an index.
create or replace function public.pictures_outside(
  p_author uuid,
  p_first_at timestamptz,
  p_first uuid,
  p_last_at timestamptz,
  p_last uuid
) returns table (newer_pictures bigint, newer_likes bigint, older_pictures bigint, older_likes bigint)
language sql stable set search_path = '' as $$
  select
    count(*) filter (where (created_at, id) > (p_first_at, p_first)),
    coalesce(sum(likes) filter (where (created_at, id) > (p_first_at, p_first)), 0)::bigint,
    count(*) filter (where (created_at, id) < (p_last_at, p_last)),
    coalesce(sum(likes) filter (where (created_at, id) < (p_last_at, p_last)), 0)::bigint
  from public.posts_new
  where author_id = p_author
$$;

grant execute on function public.pictures_outside (uuid, timestamptz, uuid, timestamptz, uuid) to anon, authenticated, service_role;
