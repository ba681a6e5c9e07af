-- The reference application's content: authors and posts. An application that has these tables keeps its own.
create table if not exists public.profiles (
  id uuid primary key,
  username text not null unique,
  display_name text not null,
  bio text not null default '',
  avatar_url text not null,
  created_at timestamptz not null default now()
);

create table if not exists public.posts_new (
  id uuid primary key,
  author_id uuid not null references public.profiles (id),
  caption text not null,
  alt text not null default '',
  image_url text not null,
  created_at timestamptz not null default now(),
  likes integer not null default 0
);

create table if not exists public.post_ratings (
  post_id uuid not null references public.posts_new (id) on delete cascade,
  session_id text not null,
  created_at timestamptz not null default now(),
  unique (post_id, session_id)
);

create index if not exists posts_new_author_idx on public.posts_new (author_id, created_at desc);
create index if not exists posts_new_created_idx on public.posts_new (created_at desc, id);

alter table public.profiles enable row level security;
alter table public.posts_new enable row level security;
alter table public.post_ratings enable row level security;

drop policy if exists "profiles are public" on public.profiles;
create policy "profiles are public" on public.profiles for select using (true);
drop policy if exists "posts are public" on public.posts_new;
create policy "posts are public" on public.posts_new for select using (true);

grant select on public.profiles, public.posts_new to anon, authenticated;
grant all on public.profiles, public.posts_new, public.post_ratings to service_role;
