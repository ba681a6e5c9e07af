-- Generated from packages/onecount/sql/0003_edits_by_hand.sql by `npm run generate`. Do not edit.

-- Whoever edits rows by hand, in a table editor or with SQL of an application's own, edits the same registers: Redis is
-- told within seconds, as of an op for which it could not be reached, and invariant 1 holds.

create index if not exists post_ratings_session_post_idx on public.post_ratings (session_id, post_id);

-- Rows may hold sessions that were never the engine's, and that no key of Redis can hold: then the post as a whole is
-- forgotten there, and read anew.
create or replace function public.onecount_session_or_all(p_session text) returns text
language sql immutable set search_path = '' as $$
  select case when p_session ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' then p_session else '' end
$$;

-- A row that came, went or changed. A row that came counts once more, one that went once less, as of now: its op beats
-- whatever Redis has seen of the pair.
create or replace function public.onecount_rated_by_hand() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_op bigint;
begin
  perform set_config('onecount.applying', 'on', true);
  if tg_op = 'DELETE' or tg_op = 'UPDATE' and (new.post_id, new.session_id) <> (old.post_id, old.session_id) then
    update public.posts_new set likes = likes - 1, likes_rev = greatest(likes_rev + 1, v_now) where id = old.post_id;
    -- Not found: the row goes with its post.
    if found then
      v_op := greatest(old.op + 1, 2 * v_now);
      insert into public.like_tombstones as t (post_id, session_id, op) values (old.post_id, old.session_id, v_op)
        on conflict (post_id, session_id) do update set op = greatest(t.op, excluded.op);
      insert into public.like_unseen as u (post_id, session_id, op)
      values (old.post_id, public.onecount_session_or_all(old.session_id), v_op)
        on conflict (post_id, session_id) do update set op = greatest(u.op, excluded.op);
    end if;
  end if;

  if tg_op = 'INSERT' or tg_op = 'UPDATE' and (new.post_id, new.session_id) <> (old.post_id, old.session_id) then
    update public.posts_new set likes = likes + 1, likes_rev = greatest(likes_rev + 1, v_now) where id = new.post_id;
    delete from public.like_tombstones where post_id = new.post_id and session_id = new.session_id returning op into v_op;
    v_op := greatest(new.op, v_op + 1, 2 * v_now + 1);
  elsif tg_op = 'UPDATE' then
    v_op := greatest(new.op, old.op);
  end if;

  if tg_op <> 'DELETE' then
    update public.post_ratings set op = v_op
     where post_id = new.post_id and session_id = new.session_id and op <> v_op;
    insert into public.like_unseen as u (post_id, session_id, op)
    values (new.post_id, public.onecount_session_or_all(new.session_id), v_op)
      on conflict (post_id, session_id) do update set op = greatest(u.op, excluded.op);
  end if;
  perform set_config('onecount.applying', '', true);
  return null;
end $$;

-- A post that went, or whose likes were set: Redis forgets it, and hydrates it anew where it is still there.
create or replace function public.onecount_post_by_hand() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    delete from public.like_unseen where post_id = old.id;
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.id, '', 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return null;
end $$;

-- Readers take the greater revision, so likes that were set by hand need one. There are at least as many as rows.
create or replace function public.onecount_revise_by_hand() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.likes := greatest(new.likes, (select count(*) from public.post_ratings where post_id = new.id));
  new.likes_rev := greatest(old.likes_rev + 1, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
  return new;
end $$;

-- Nobody is told of the rows that a TRUNCATE takes, so the counts would stay.
create or replace function public.onecount_refuse_truncate() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'post_ratings cannot be truncated: the counts would not follow'
    using hint = 'Use: delete from post_ratings. Or set onecount.applying to on in this transaction, and run '
      'npx onecount reconcile afterwards.';
end $$;

drop trigger if exists onecount_refuse_truncate on public.post_ratings;
create trigger onecount_refuse_truncate before truncate on public.post_ratings
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_refuse_truncate();

drop trigger if exists onecount_rated_by_hand on public.post_ratings;
create trigger onecount_rated_by_hand after insert or delete or update of post_id, session_id, op on public.post_ratings
  for each row when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

drop trigger if exists onecount_removed_by_hand on public.posts_new;
create trigger onecount_removed_by_hand after delete on public.posts_new
  for each row execute function public.onecount_post_by_hand();

drop trigger if exists onecount_set_by_hand on public.posts_new;
create trigger onecount_set_by_hand after update of likes on public.posts_new
  for each row
  when (old.likes <> new.likes and current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_post_by_hand();

drop trigger if exists onecount_revise_by_hand on public.posts_new;
create trigger onecount_revise_by_hand before update of likes on public.posts_new
  for each row
  when (old.likes <> new.likes and current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_revise_by_hand();

-- Nothing here is for anybody but the server.
do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname like 'onecount\_%'
  loop
    execute format('revoke execute on function %s from public, anon, authenticated', v_function);
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
end $$;
