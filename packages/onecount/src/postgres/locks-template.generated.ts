// Generated from packages/onecount/sql/locks by `npm run generate`. Do not edit.

/** Locks tables, with a placeholder for them, which `lockStatement` fills. */
export const LOCKS_TEMPLATE: string = `-- All tables at once or none. Readers, people who press and a drain lock them in other orders, and would wait for
-- this in a circle; and nothing queues up behind this while it waits. It waits as any other lock where another
-- session stands behind this transaction already, as after a statement before this one: that session may hold one of
-- the tables, and PostgreSQL ends a circle only of those that wait. So does the last attempt, two seconds where no
-- lock_timeout is set.
declare
  v_names text;
  v_relations oid[];
  v_timeout constant text := current_setting('lock_timeout');
  v_is_patient boolean;
begin
  select string_agg(t.name::text, ', ' order by t.n), array_agg(t.name::oid) into v_names, v_relations
    from unnest(array[{{tables}}]::regclass[]) with ordinality as t (name, n)
   where t.name is not null;
  for v_attempt in 1..1000 loop
    exit when v_names is null;
    -- Another migration behind this one waits for nothing else, unless its transaction has one of the tables.
    v_is_patient := v_attempt < 1000 and not exists (
      select from pg_locks l
       where not l.granted and pg_backend_pid() = any (pg_blocking_pids(l.pid))
         and (l.locktype <> 'advisory' or exists (
           select from pg_locks h where h.pid = l.pid and h.granted and h.relation = any (v_relations))));
    begin
      if not v_is_patient and v_timeout = '0' then
        set local lock_timeout = '2s';
      end if;
      execute format('lock table %s in access exclusive mode %s', v_names, case when v_is_patient then 'nowait' end);
      exit;
    exception when lock_not_available then
      if not v_is_patient then
        raise exception using errcode = 'lock_not_available',
          message = format('a transaction that does not end has one of the tables %s', v_names),
          hint = 'Nothing has changed. Apply this again once it has ended: pg_stat_activity lists it, as a backup with pg_dump.';
      end if;
    end;
    perform pg_sleep(0.01);
  end loop;
  perform set_config('lock_timeout', v_timeout, true);
end;
`
