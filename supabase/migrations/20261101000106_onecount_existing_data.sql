-- Generated from packages/onecount/sql/0006_existing_data.sql by `npm run generate`. Do not edit.

-- Values that no engine has written: those of before onecount, and those of an application's own code. These triggers
-- make what is written from now on sound; 0011_repair.sql is for what is there.
--
-- Sound is: likes are there, not negative and not less than the rows of the post; a revision and an op are positive and
-- at most 5 seconds ahead of now (as far as an op of a browser may be), the op of a rating is odd; a rating has a
-- session.

-- A rating that an application writes with an op of its own. One that is inserted counts as of now unless its op is
-- sound; an update keeps its parity, so that the constraint can refuse an op that does not like.
create or replace function public.onecount_sound_rating() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  new.session_id := coalesce(new.session_id, gen_random_uuid()::text);
  if new.op is null or new.op > 2 * (v_now + 5000000) + 1 or tg_op = 'INSERT' and (new.op < 3 or new.op % 2 = 0) then
    new.op := 2 * v_now + 1;
  end if;
  return new;
end $$;

drop trigger if exists onecount_sound_rating on public.post_ratings;
create trigger onecount_sound_rating before insert or update of op, session_id on public.post_ratings
  for each row when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_sound_rating();

-- Likes that are missing or negative become as many as there are rows. Fires for the engine's own statements too, where
-- likes of a post that was not repaired yet would fall below 0.
create or replace function public.onecount_clamp_likes() returns trigger
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
begin
  new.likes := (
    select count(*) from (
      select from public.post_ratings where post_id >= new.id and post_id <= new.id order by post_id, session_id
    ) r
  );
  return new;
end $$;

drop trigger if exists onecount_clamp_likes on public.posts_new;
create trigger onecount_clamp_likes before insert or update of likes on public.posts_new
  for each row when (new.likes is null or new.likes < 0)
  execute function public.onecount_clamp_likes();

-- Likes that were missing and are set by hand: the triggers for edits by hand compare with the value before, and there
-- is none.
create or replace function public.onecount_first_likes() returns trigger
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  new.likes := greatest(new.likes, (
    select count(*) from (
      select from public.post_ratings where post_id >= new.id and post_id <= new.id order by post_id, session_id
    ) r
  ));
  new.likes_rev := greatest(old.likes_rev + 1, v_now);
  insert into public.like_unseen as u (post_id, session_id, op) values (old.id, '', 2 * v_now)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return new;
end $$;

drop trigger if exists onecount_first_likes on public.posts_new;
create trigger onecount_first_likes before update of likes on public.posts_new
  for each row when (old.likes is null and current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_first_likes();

revoke execute on function
  public.onecount_clamp_likes(), public.onecount_first_likes(), public.onecount_sound_rating()
  from public, anon, authenticated;
grant execute on function
  public.onecount_clamp_likes(), public.onecount_first_likes(), public.onecount_sound_rating()
  to service_role;
