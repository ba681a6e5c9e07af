{{#public}}
-- Who may hear the counts that the server broadcasts on private channels of Supabase Realtime: everybody. There is no
-- policy for INSERT: the server alone sends, by the secret key. A PostgreSQL without Realtime has no such table.
begin
  if to_regclass('realtime.messages') is not null and not exists (
    select from pg_policy
     where polrelid = to_regclass('realtime.messages') and polname = '{{broadcast.name}}'
  ) then
    {{broadcast.policy}};
  end if;
exception when insufficient_privilege then
  raise warning 'the policy for broadcasts is not made: %', sqlerrm
    using hint = 'Pages follow the changes of the rows instead.';
end;
{{/public}}
