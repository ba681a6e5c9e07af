-- Tells the local Realtime server what changed in the tables of the publication `supabase_realtime`. A hosted project
-- reads the write-ahead log instead; this is for local use only and is no migration.
create or replace function public.onecount_dev_feed() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_message text;
begin
  v_message := json_build_object(
    'schema', tg_table_schema, 'table', tg_table_name, 'type', tg_op,
    'commitTimestamp', to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'record', case when tg_op = 'DELETE' then '{}'::json else to_json(new) end,
    'oldRecord', case when tg_op = 'INSERT' then '{}'::json else json_build_object('id', old.id) end
  )::text;
  -- A notification ends at 8,000 bytes; a larger one goes without its row, as with hosted Realtime.
  if octet_length(v_message) > 7900 then
    v_message := json_build_object(
      'schema', tg_table_schema, 'table', tg_table_name, 'type', tg_op,
      'record', json_build_object('id', new.id), 'oldRecord', '{}'::json
    )::text;
  end if;
  perform pg_notify('onecount_dev_feed', v_message);
  return null;
end $$;
revoke execute on function public.onecount_dev_feed() from public, anon, authenticated;

do $$
declare
  v_table record;
begin
  for v_table in select schemaname, tablename from pg_publication_tables where pubname = 'supabase_realtime' loop
    execute format(
      'create or replace trigger onecount_dev_feed after insert or update or delete on %I.%I
         for each row execute function public.onecount_dev_feed()', v_table.schemaname, v_table.tablename);
  end loop;
end $$;
