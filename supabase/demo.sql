-- What the left side of `/demo` likes: a count and its rows, as an application without onecount keeps them. The local
-- stack applies it with the seed; it is no migration. No key and no trigger leads to or from the tables of the
-- application, so nothing that happens here can change a count of theirs.
create table if not exists public.usual_way_posts (
  id uuid primary key,
  likes integer not null check (likes >= 0)
);

create table if not exists public.usual_way_ratings (
  post_id uuid not null references public.usual_way_posts (id) on delete cascade,
  session_id text not null,
  created_at timestamptz not null default now(),
  primary key (post_id, session_id)
);

alter table public.usual_way_posts enable row level security;
alter table public.usual_way_ratings enable row level security;
drop policy if exists "counts are public" on public.usual_way_posts;
create policy "counts are public" on public.usual_way_posts for select using (true);
grant select on public.usual_way_posts to anon, authenticated;
grant all on public.usual_way_posts, public.usual_way_ratings to service_role;

-- Likes or unlikes a post for a session, the row and the count in one transaction. Null where there is no such post.
create or replace function public.usual_way_like(p_post_id uuid, p_session_id text, p_liked boolean)
returns integer
language plpgsql set search_path = '' as $$
declare
  v_likes integer;
  v_changed integer;
begin
  select likes into v_likes from public.usual_way_posts where id = p_post_id for update;
  if not found then
    return null;
  end if;
  if p_liked then
    insert into public.usual_way_ratings (post_id, session_id) values (p_post_id, p_session_id)
      on conflict do nothing;
  else
    delete from public.usual_way_ratings where post_id = p_post_id and session_id = p_session_id;
  end if;
  get diagnostics v_changed = row_count;
  v_likes := v_likes + case when p_liked then v_changed else -v_changed end;
  update public.usual_way_posts set likes = v_likes where id = p_post_id;
  return v_likes;
end $$;
revoke execute on function public.usual_way_like(uuid, text, boolean) from public, anon, authenticated;
grant execute on function public.usual_way_like(uuid, text, boolean) to service_role;

-- The demo shows one post: the polar bear of the seed, with the likes that it has when this is first applied.
insert into public.usual_way_posts (id, likes)
  select id, likes from public.posts_new where id = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
  on conflict (id) do nothing;
