-- Generated from packages/onecount/sql/0012_wider_likes.sql by `npm run generate`. Do not edit.

-- Makes posts_new.likes a bigint, so that no count overflows. Rewrites the table while it is locked: for the owner of
-- the table, in a quiet hour. While it waits for the lock no other session gets one, so it waits no longer than is said.
-- Triggers that look at the column stand in the way, and are made anew as they were.
create or replace function public.onecount_widen_likes(p_lock_timeout text default '2s') returns void
language plpgsql set search_path = '' as $$
declare
  v_triggers text[] := '{}';
  v_trigger record;
  v_text text;
begin
  perform set_config('lock_timeout', p_lock_timeout, true);
  lock table public.posts_new in access exclusive mode;
  for v_trigger in
    select tgname, tgenabled, pg_catalog.pg_get_triggerdef(oid) as definition from pg_catalog.pg_trigger
     where tgrelid = 'public.posts_new'::regclass and not tgisinternal
  loop
    execute format('drop trigger %I on public.posts_new', v_trigger.tgname);
    v_triggers := v_triggers || v_trigger.definition;
    if v_trigger.tgenabled <> 'O' then
      v_triggers := v_triggers || format('alter table public.posts_new %s trigger %I', case v_trigger.tgenabled
        when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, v_trigger.tgname);
    end if;
  end loop;
  alter table public.posts_new alter column likes type bigint;
  foreach v_text in array v_triggers loop
    execute v_text;
  end loop;
end $$;

revoke execute on function public.onecount_widen_likes(text) from public, anon, authenticated;
grant execute on function public.onecount_widen_likes(text) to service_role;
