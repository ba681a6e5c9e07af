{{#mapped}}
-- A database in use: all tables at once or none. A drain and a row that comes by hand lock them in other orders, and would
-- wait for this in a circle; and nothing queues up behind this while it waits. The last attempt waits as any other lock.
-- So does the first one where this transaction has locked one of them already (it has dropped a trigger before): what
-- stands behind that lock may hold another table, and PostgreSQL ends a circle only of those that wait.
if to_regclass('public.like_receipt') is not null then
  select string_agg(e.id::text, ', ') as names, bool_or(exists (
           select from pg_locks l
            where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.relation = e.id and l.mode <> 'AccessShareLock'
         )) as is_held
    into v_found
    from unnest(array[
      to_regclass('public.post_ratings'), to_regclass('{{content}}'), to_regclass('public.posts_new'),
      to_regclass('public.like_log'), to_regclass('public.like_log_sums'), to_regclass('public.like_unseen'),
      to_regclass('public.like_tombstones'), to_regclass('public.like_refused'), to_regclass('public.like_receipt'),
      to_regclass('public.like_settings')
    ]) as e (id)
   where e.id is not null;
  for v_attempt in case when v_found.is_held then 1000 else 1 end..1000 loop
    begin
      execute format('lock table %s in access exclusive mode %s', v_found.names,
        case when v_attempt < 1000 then 'nowait' end);
      exit;
    exception when lock_not_available then
      if v_attempt = 1000 then
        raise;
      end if;
      perform pg_sleep(0.01);
    end;
  end loop;
end if;
{{/mapped}}
