// Generated from packages/onecount/sql/uninstall by `npm run generate`. Do not edit.

/** The SQL that takes a kind away, with placeholders, which `uninstallSql` fills. */
export const UNINSTALL_TEMPLATE: string = `do $onecount$
declare
  v_rows regclass := to_regclass('public.post_ratings');
  v_content regclass := to_regclass('{{content}}');
  v_receipt regclass;
  v_before jsonb;
  v_table record;
  v_found record;
  v_refused integer := 0;
begin
set local client_min_messages = warning;
perform pg_advisory_xact_lock(hashtextextended('onecount migration', 0));
-- The receipt comes first and goes with the rest. Without it an index or a column of such a name is the application's.
v_receipt := to_regclass('public.like_receipt');
if v_receipt is null then
  return;
end if;

{{#mapped}}
if split_part(obj_description(to_regclass('public.like_settings'), 'pg_class'), ' | ', 1) <> '{{mapping}}' then
  raise exception 'the kind {{kind}} of this database was made for other tables: %',
      split_part(obj_description('public.like_settings'::regclass, 'pg_class'), ' | ', 1)
    using hint = 'Print this again with the configuration of that time.';
end if;

{{/mapped}}
-- The only presses that are in a table of onecount and not in the rows.
if exists (
  select from pg_proc where pronamespace = 'public'::regnamespace and proname = 'onecount_refused'
) and to_regclass('public.like_refused') is not null then
  v_refused := json_array_length(public.onecount_refused(null, null, null, null, 1000));
  if v_refused > 0 then
    raise exception 'presses that Postgres refused are set aside in like_refused, and would be lost: %', v_refused
      using hint = 'npx onecount refused{{#mapped}} --kind {{kind}}{{/mapped}} lists them: --retry or --drop them.';
  end if;
end if;

{{locks}}

if obj_description(v_receipt, 'pg_class') like 'before {%' then
  v_before := substr(obj_description(v_receipt, 'pg_class'), length('before ') + 1)::jsonb;
else
  raise warning 'there is no note of how the tables were before onecount'
    using detail = 'Rights, row level security and the publication stay as they are.';
end if;

-- A trigger is known by its function, so those of an earlier version go too.
for v_found in
  select g.tgname as name, g.tgrelid::regclass as relation
    from pg_trigger g join pg_proc p on p.oid = g.tgfoid
   where not g.tgisinternal and g.tgparentid = 0 and p.pronamespace = 'public'::regnamespace and {{made}}
loop
  execute format('drop trigger %I on %s', v_found.name, v_found.relation);
end loop;

-- Another kind may have left it to this one to plan the removals of the table.
select regexp_replace(g.tgname, '(removed_by_hand|add_count)$', '') as prefix into v_found
  from pg_trigger g
 where g.tgrelid = v_content and not g.tgisinternal
   and g.tgname ~ '^onecount_([a-z0-9]+_)?(removed_by_hand|add_count)$'
   and not exists (select from pg_trigger where tgrelid = v_content and tgname like '%\\_removal\\_begins')
   and to_regproc('public.' || regexp_replace(g.tgname, '(removed_by_hand|add_count)$', 'plan_removal')) is not null
 order by g.tgname limit 1;
if found then
  execute format('create trigger %I before delete on %s for each statement execute function public.%I()',
    v_found.prefix || 'removal_begins', v_content, v_found.prefix || 'plan_removal');
  execute format('create trigger %I after delete on %s for each statement execute function public.%I()',
    v_found.prefix || 'removal_ends', v_content, v_found.prefix || 'plan_removal');
end if;

begin
  if to_regclass('realtime.messages') is not null then
    drop policy if exists onecount_likes_are_heard on realtime.messages;
  end if;
exception when insufficient_privilege then
  raise warning 'the policy onecount_likes_are_heard of realtime.messages stays: %', sqlerrm;
end;

for v_found in
  select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'public'::regnamespace and {{made}}
loop
  execute format('drop function %s', v_found.name);
end loop;

drop table if exists public.like_log, public.like_log_sums, public.like_unseen, public.like_tombstones,
  public.like_refused, public.like_receipt, public.like_settings{{#table}}, public.posts_new{{/table}};

-- The application's tables: only what was not there before.
for v_table in
  select t.relation, t.is_rows, c.relnamespace::regnamespace as schema,
         v_before -> 'tables' -> t.name as before, exists (
           select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
            where g.tgrelid = t.relation and not g.tgisinternal
              and p.pronamespace = 'public'::regnamespace and p.proname like 'onecount\\_%'
         ) as is_of_another_kind
    from (values
      ('public.post_ratings', v_rows, true),
      ('{{content}}', v_content, false)
    ) as t (name, relation, is_rows)
    join pg_class c on c.oid = t.relation
loop
  if v_table.is_rows then
    for v_found in
      select i.indexrelid::regclass as name
        from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indrelid = v_table.relation and c.relname in ('onecount_pair_idx', 'post_ratings_session_post_idx'{{#variants}}, 'onecount_target_idx'{{/variants}})
         and coalesce(v_table.before -> 'indexes', '[]') @> to_jsonb(c.relname::text) is false
    loop
      execute format('drop index %s', v_found.name);
    end loop;
    execute format('alter table %s drop constraint if exists post_ratings_op_likes', v_table.relation);
    if coalesce(v_table.before -> 'columns', '[]') @> '"{{row.op}}"' is false then
      execute format('alter table %s drop column if exists {{row.op}}', v_table.relation);
    end if;
  else
    execute format('alter table %s drop constraint if exists onecount_id_is_a_key', v_table.relation);
{{#column}}
    if coalesce(v_table.before -> 'columns', '[]') @> '"{{post.rev}}"' is false then
      execute format('alter table %s drop column if exists {{post.rev}}', v_table.relation);
    end if;
{{/column}}
  end if;
  continue when v_table.before is null or v_table.is_of_another_kind;

  -- Rights: what onecount gave to the service role{{#default}}, and what it took from the others{{/default}}.
  for v_found in
    select a.privilege_type as name
      from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
     where c.oid = v_table.relation and a.grantee = to_regrole('service_role')
       and coalesce(v_table.before -> 'privileges' -> 'service_role', '[]') @> to_jsonb(a.privilege_type) is false
  loop
    execute format('revoke %s on table %s from service_role', v_found.name, v_table.relation);
  end loop;
  for v_found in
    select r.role, e.name
      from jsonb_each(v_table.before -> 'privileges') as r (role, names)
      cross join lateral jsonb_array_elements_text(r.names) as e (name)
     where (r.role = 'service_role'{{#default}} or v_table.is_rows{{/default}})
       and (r.role = 'public' or to_regrole(r.role) is not null)
       -- A right on a column, \`SELECT (title)\`, which may be gone.
       and (e.name !~ '\\(' or exists (
         select from pg_attribute
          where attrelid = v_table.relation and not attisdropped
            and substr(e.name, strpos(e.name, ' (')) = format(' (%I)', attname)))
  loop
    execute format('grant %s on table %s to %s', v_found.name, v_table.relation, v_found.role);
  end loop;
{{#mapped}}
  for v_found in
    select distinct s.oid::regclass as name
      from pg_attrdef a
      join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
      join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
      cross join aclexplode(s.relacl) p
     where a.adrelid = v_table.relation and v_table.is_rows
       and p.grantee = to_regrole('service_role') and p.privilege_type = 'USAGE'
       -- A note of before this right was given does not have them.
       and v_table.before -> 'sequences' @> to_jsonb(s.relname::text) is false
  loop
    execute format('revoke usage on sequence %s from service_role', v_found.name);
  end loop;
{{/mapped}}
{{#elsewhere}}
  if not (v_table.before -> 'schema_usage')::boolean and to_regrole('service_role') is not null
     and v_table.schema <> 'public'::regnamespace and not exists (
       select from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_proc p on p.oid = g.tgfoid
        where c.relnamespace = v_table.schema and not g.tgisinternal
          and p.pronamespace = 'public'::regnamespace and p.proname like 'onecount\\_%'
     ) then
    execute format('revoke usage on schema %s from service_role', v_table.schema);
  end if;
{{/elsewhere}}
{{#default}}
  if v_table.is_rows and not (v_table.before -> 'row_security')::boolean then
    execute format('alter table %s disable row level security', v_table.relation);
  end if;
{{/default}}
  if not v_table.is_rows and not (v_table.before -> 'published')::boolean and exists (
    select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
     where p.pubname = 'supabase_realtime' and r.prrelid = v_table.relation
  ) then
    begin
      execute format('alter publication supabase_realtime drop table %s', v_table.relation);
    exception when insufficient_privilege then
      raise warning 'supabase_realtime publishes % as before: %', v_table.relation, sqlerrm;
    end;
  end if;
end loop;

if not (v_before -> 'publication')::boolean
   and exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables)
   and not exists (select from pg_publication_tables where pubname = 'supabase_realtime')
   and (select pg_has_role(pubowner, 'usage') from pg_publication where pubname = 'supabase_realtime') then
  drop publication supabase_realtime;
end if;
end $onecount$;
`
