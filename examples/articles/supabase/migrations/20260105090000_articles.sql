create table people (
  id uuid primary key default gen_random_uuid(),
  name text not null unique
);

create table articles (
  id bigint generated always as identity primary key,
  title text not null,
  body text not null,
  published_at timestamptz not null default now(),
  like_count integer not null default 0
);

create table article_likes (
  article_id bigint not null references articles on delete cascade,
  user_id uuid not null references people on delete cascade,
  created_at timestamptz not null default now(),
  primary key (article_id, user_id)
);
