-- What a hosted project has for private channels: the table whose policies say who may join one and who may send. For
-- local use only, and no migration: Supabase Realtime makes it there.
create schema if not exists realtime;
create table if not exists realtime.messages (
  id uuid not null default gen_random_uuid(),
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  primary key (id, inserted_at)
) partition by range (inserted_at);
create table if not exists realtime.messages_all partition of realtime.messages default;
alter table realtime.messages enable row level security;

-- The topic of the channel that is asked for.
create or replace function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')::text
$$;

grant usage on schema realtime to anon, authenticated, service_role;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;

-- Whether a role may hear messages on a private topic, and whether it may send them: a row is inserted for it to see, and
-- it inserts one itself. Both are rolled back.
create or replace function realtime.local_permissions(p_topic text, p_role text, out hears boolean, out sends boolean)
language plpgsql as $$
declare
  v_id uuid := gen_random_uuid();
begin
  hears := false;
  sends := false;
  begin
    insert into realtime.messages (id, topic, extension) values (v_id, p_topic, 'broadcast');
    perform set_config('role', p_role, true),
            set_config('realtime.topic', p_topic, true),
            set_config('request.jwt.claims', json_build_object('role', p_role)::text, true),
            set_config('request.headers', '{}', true);
    hears := exists (select from realtime.messages where id = v_id and topic = p_topic and extension = 'broadcast');
    begin
      insert into realtime.messages (topic, extension) values (p_topic, 'broadcast');
      sends := true;
    exception when insufficient_privilege then
      null;
    end;
    raise exception using errcode = 'OC001';
  exception when sqlstate 'OC001' then
    null;
  end;
end $$;
revoke execute on function realtime.local_permissions(text, text) from public;
