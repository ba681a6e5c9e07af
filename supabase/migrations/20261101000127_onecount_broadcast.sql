-- Generated from packages/onecount/sql/0027_broadcast.sql by `npm run generate`. Do not edit.

-- Who may hear the likes that the server broadcasts on private channels of Supabase Realtime: everybody. There is no
-- policy for INSERT: the server alone sends, by the secret key. A PostgreSQL without Realtime has no such table.
do $$
begin
  if to_regclass('realtime.messages') is null or exists (
    select from pg_policy
     where polrelid = to_regclass('realtime.messages') and polname = 'onecount_likes_are_heard'
  ) then
    return;
  end if;
  create policy onecount_likes_are_heard on realtime.messages for select to anon, authenticated
    using (extension = 'broadcast' and (select realtime.topic()) ~ '^likes:[0-9]+$');
exception when insufficient_privilege then
  raise warning 'the policy for broadcasts is not made: %', sqlerrm
    using hint = 'Pages follow the changes of the rows instead.';
end $$;
