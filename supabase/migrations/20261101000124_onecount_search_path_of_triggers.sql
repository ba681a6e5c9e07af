-- Generated from packages/onecount/sql/0024_search_path_of_triggers.sql by `npm run generate`. Do not edit.

-- What writes posts_new and post_ratings fires the application's own triggers, which name other tables of it as its code
-- does, without their schema: with an empty search path every like of such an application was refused. Everything in the
-- functions themselves is named with its schema all the same.

do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_catalog.pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and p.proname in ('onecount_apply', 'onecount_merge', 'onecount_rated_by_hand', 'onecount_remove_post',
         'onecount_repair_posts', 'onecount_repair_ratings', 'onecount_repair_tombstones')
  loop
    execute format('alter function %s set search_path = public, extensions', v_function);
  end loop;
end $$;
