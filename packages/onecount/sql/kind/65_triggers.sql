-- The triggers for edits by hand. What the engine writes is none of this: it says so for the length of a statement.

drop trigger if exists onecount_log_unseen on public.like_unseen;
create trigger onecount_log_unseen after insert or update on public.like_unseen
  for each row when (current_setting('onecount.logging', true) is distinct from 'on')
  execute function public.onecount_log_unseen();

drop trigger if exists onecount_refuse_truncate on public.post_ratings;
create trigger onecount_refuse_truncate before truncate on public.post_ratings
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_refuse_truncate();

drop trigger if exists onecount_sound_rating on public.post_ratings;
create trigger onecount_sound_rating before insert or update of {{row.op}}, {{row.session}} on public.post_ratings
  for each row when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_sound_rating();

drop trigger if exists onecount_rated_by_hand on public.post_ratings;
create trigger onecount_rated_by_hand after insert on public.post_ratings
  referencing new table as after
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

drop trigger if exists onecount_unrated_by_hand on public.post_ratings;
create trigger onecount_unrated_by_hand after delete on public.post_ratings
  referencing old table as before
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

drop trigger if exists onecount_rerated_by_hand on public.post_ratings;
create trigger onecount_rerated_by_hand after update on public.post_ratings
  referencing old table as before new table as after
  for each statement when (current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_rated_by_hand();

drop trigger if exists onecount_removed_by_hand on public.posts_new;
create trigger onecount_removed_by_hand after delete on public.posts_new
  for each row execute function public.onecount_post_by_hand();

drop trigger if exists onecount_set_by_hand on public.posts_new;
create trigger onecount_set_by_hand after update of {{post.likes}} on public.posts_new
  for each row
  when (old.{{post.likes}} <> new.{{post.likes}} and current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_post_by_hand();

drop trigger if exists onecount_revise_by_hand on public.posts_new;
create trigger onecount_revise_by_hand before update of {{post.likes}} on public.posts_new
  for each row
  when (old.{{post.likes}} <> new.{{post.likes}} and current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_revise_by_hand();

drop trigger if exists onecount_clamp_likes on public.posts_new;
create trigger onecount_clamp_likes before insert or update of {{post.likes}} on public.posts_new
  for each row when (new.{{post.likes}} is null or new.{{post.likes}} < 0)
  execute function public.onecount_clamp_likes();

drop trigger if exists onecount_first_likes on public.posts_new;
create trigger onecount_first_likes before update of {{post.likes}} on public.posts_new
  for each row when (old.{{post.likes}} is null and current_setting('onecount.applying', true) is distinct from 'on')
  execute function public.onecount_first_likes();

-- Triggers fire in the order of their names, capitals first: this one before `RI_ConstraintTrigger_…`, as PostgreSQL names
-- the triggers that cascade.
drop trigger if exists "Before onecount_renamed" on {{content}};
create trigger "Before onecount_renamed" after update on {{content}}
  for each row when (old.{{content.id}} is distinct from new.{{content.id}})
  execute function public.onecount_renamed();

drop trigger if exists onecount_refuse_rename on {{content}};
if exists (select from pg_partitioned_table where partrelid = '{{content}}'::regclass) then
  create trigger onecount_refuse_rename before update on {{content}}
    for each row when (old.{{content.id}} is distinct from new.{{content.id}})
    execute function public.onecount_refuse_rename();
end if;

-- One kind plans the removals of a table: where two did, each would take the settings of the other for those before.
if not exists (
  select from pg_trigger
    where tgrelid = '{{content}}'::regclass and tgname like '%\_removal\_begins' and tgname <> 'onecount_removal_begins'
) then
  drop trigger if exists onecount_removal_begins on {{content}};
  create trigger onecount_removal_begins before delete on {{content}}
    for each statement execute function public.onecount_plan_removal();

  drop trigger if exists onecount_removal_ends on {{content}};
  create trigger onecount_removal_ends after delete on {{content}}
    for each statement execute function public.onecount_plan_removal();
end if;

{{#column}}
drop trigger if exists onecount_guard_update on public.posts_new;
create trigger onecount_guard_update before update of {{post.likes}}, {{post.rev}} on public.posts_new
  for each row
  when (current_user in ('anon', 'authenticated')
        and (new.{{post.likes}} is distinct from old.{{post.likes}} or new.{{post.rev}} is distinct from old.{{post.rev}}))
  execute function public.onecount_guard_counts();

drop trigger if exists onecount_guard_insert on public.posts_new;
create trigger onecount_guard_insert before insert on public.posts_new
  for each row
  when (current_user in ('anon', 'authenticated') and (new.{{post.likes}} <> 0 or new.{{post.rev}} <> 0))
  execute function public.onecount_guard_counts();
{{/column}}
{{#shadow}}
-- Shadow mode: code and triggers of before onecount go on counting, and change nothing. Everything of onecount that
-- changes a count gives it a new revision; nothing of before does. The first of the triggers, by its name: those after
-- it, which look for edits by hand, see a count that is as it was.
create or replace function public.onecount_annul_count() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.{{post.likes}} := old.{{post.likes}};
  return new;
end $$;

drop trigger if exists onecount_annul_count on public.posts_new;
create trigger onecount_annul_count before update on public.posts_new
  for each row
  when (new.{{post.likes}} is distinct from old.{{post.likes}} and new.{{post.rev}} is not distinct from old.{{post.rev}})
  execute function public.onecount_annul_count();
{{/shadow}}
{{#unshadowed}}
if exists (
  select from pg_trigger where tgrelid = 'public.posts_new'::regclass and tgname = 'onecount_annul_count'
) then
  drop trigger onecount_annul_count on public.posts_new;
  drop function public.onecount_annul_count();
  raise warning 'shadow mode of the kind {{kind}} has ended: code that changes {{post.likes}} by itself counts twice now';
end if;
{{/unshadowed}}
{{#table}}
-- Every row of the application that can be liked has a count.
create or replace function public.onecount_add_count() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
{{#variants}}
  insert into public.posts_new ({{post.id}}, target, variant)
  select new.{{content.id}}::text || '{{separator}}' || variant, new.{{content.id}}, variant
    from unnest(array[{{variants}}]) as v (variant)
  on conflict ({{post.id}}) do nothing;
{{/variants}}
{{#plain}}
  insert into public.posts_new ({{post.id}}) values (new.{{content.id}}) on conflict ({{post.id}}) do nothing;
{{/plain}}
  return null;
end $$;

drop trigger if exists onecount_add_count on {{content}};
create trigger onecount_add_count after insert on {{content}}
  for each row execute function public.onecount_add_count();
{{/table}}
