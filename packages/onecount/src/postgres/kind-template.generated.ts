// Generated from packages/onecount/sql/kind by `npm run generate`. Do not edit.

/** Of the package that the template is part of. */
export const VERSION: string = '0.1.0'

/** The SQL of a kind with placeholders, which `kindSql` fills. */
export const KIND_TEMPLATE: string = `-- Refuses a mapping that does not fit the application's tables, before anything is changed.

{{#mapped}}
if (select split_part(obj_description(oid, 'pg_class'), ' | ', 1) from pg_class where oid = to_regclass('public.like_settings'))
   <> '{{mapping}}' then
  raise exception 'the kind {{kind}} of this database was made for other tables: %',
      split_part(obj_description('public.like_settings'::regclass, 'pg_class'), ' | ', 1)
    using hint = 'Give the new mapping a name of its own, or take the old kind away first.';
end if;

-- Rows that others commit meanwhile are counted, as a statement sees them.
if current_setting('transaction_isolation') <> 'read committed' then
  raise exception 'the kind {{kind}} is made under read committed, and this transaction is %',
    current_setting('transaction_isolation')
    using hint = 'Begin with: set transaction isolation level read committed';
end if;

-- What the configuration says of the columns must be so.
for v_column in
  select * from (values
    ('{{content}}'::regclass, '{{name content.id}}', array[{{types.target}}], 'target.column', true),
{{#column}}
    ('{{content}}'::regclass, '{{name post.likes}}', array[{{types.count}}], 'target.count', false),
{{/column}}
    ('public.post_ratings'::regclass, '{{name row.target}}', array[{{types.target}}], 'rows.target', true),
{{#variants}}
    ('public.post_ratings'::regclass, '{{name row.variant}}', array['text', 'character varying'], 'rows.variant', true),
{{/variants}}
{{#timed}}
    ('public.post_ratings'::regclass, '{{name row.created}}', array[{{types.created}}], 'rows.createdAt', false),
{{/timed}}
    ('public.post_ratings'::regclass, '{{name row.session}}', array[{{types.session}}], 'rows.actor', true)
  ) as expected (relation, name, types, field, is_required)
loop
  select format_type(atttypid, null) as type, attnotnull as is_required into v_found
    from pg_attribute where attrelid = v_column.relation and attname = v_column.name and attnum > 0 and not attisdropped;
  if not found then
    raise exception 'the kind {{kind}} names a column that is not there: % of % (kinds.{{kind}}.%)',
      v_column.name, v_column.relation, v_column.field
      using hint = 'Correct the configuration{{#timed}}; createdAt is null where rows have no time{{/timed}}.';
  elsif v_found.type <> all (v_column.types) then
    raise exception 'the kind {{kind}} needs % of % as %, and it is % (kinds.{{kind}}.%)', v_column.name,
      v_column.relation, array_to_string(v_column.types, ' or '), v_found.type, v_column.field
      using hint = 'Correct the configuration, or change the column.';
  elsif v_column.is_required and not v_found.is_required then
    raise exception 'the kind {{kind}} needs % of % to be not null', v_column.name, v_column.relation
      using hint = format('Delete the rows in which it is null, then: alter table %s alter column %I set not null',
        v_column.relation, v_column.name);
  end if;
end loop;

-- The tables of onecount refer to the target.
if not exists (
  select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
   where i.indrelid = '{{content}}'::regclass and i.indisunique and i.indisvalid and i.indimmediate and i.indnkeyatts = 1
     and i.indpred is null and i.indexprs is null and a.attname = '{{name content.id}}'
) then
  raise exception 'the kind {{kind}} needs % of % to be unique (kinds.{{kind}}.target.column)',
    '{{name content.id}}', '{{content}}'::regclass
    using hint = 'Correct the configuration, or make the column the primary key or unique.';
end if;

-- The rows are likes, one a pair, if {{names.pair.shown}} are unique in all of them. A key that holds for some rows alone,
-- or only together with another column, says that they are something else.
if not exists (
  select from pg_index i
   where i.indrelid = 'public.post_ratings'::regclass and i.indisunique and i.indisvalid and i.indpred is null
     and i.indexprs is null and (
       select array_agg(attname::text order by attname) from pg_attribute
        where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
     ) = (select array_agg(name order by name) from unnest(array[{{names.pair}}]::name[]::text[]) as n (name))
) and not exists (
  select from pg_index i join pg_class c on c.oid = i.indexrelid
   where i.indrelid = 'public.post_ratings'::regclass and c.relname = 'onecount_pair_idx'
) then
  for v_found in
    select i.indexrelid::regclass as name, pg_get_expr(i.indpred, i.indrelid) as condition, k.more
      from pg_index i cross join lateral (
        select count(*) filter (where attname in ({{names.pair}})) as pair,
               coalesce(string_agg(attname, ', ') filter (where attname not in ({{names.pair}})), 'an expression') as more
          from pg_attribute
         where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
      ) k
     where i.indrelid = 'public.post_ratings'::regclass and i.indisunique and k.pair = {{names.pair.length}}
       and (i.indpred is not null or i.indnkeyatts > k.pair)
       -- One with a column that is a key by itself says nothing of the pair.
       and not exists (
         select from pg_index o
          where o.indrelid = i.indrelid and o.indisunique and o.indnkeyatts = 1 and o.indkey[0] = any (i.indkey))
     order by i.indpred is null
  loop
    if v_found.condition is not null then
      raise exception 'rows of post_ratings are unique only where % (%): the others are no likes, and the kind {{kind}} would count them',
        v_found.condition, v_found.name
        using hint = 'Keep likes alone in the table: delete the others, or move them to a table of their own. Then make '
          'the index for all rows.';
    end if;
    raise exception 'rows of post_ratings are unique only together with % (%): a person may have several for a target',
      v_found.more, v_found.name
      using hint = {{hint.several}};
  end loop;
end if;

-- PostgreSQL merges no row by a key that it checks later, whatever other keys there are.
for v_found in
  select i.indexrelid::regclass as name from pg_index i
   where i.indrelid = 'public.post_ratings'::regclass and i.indisunique and not i.indimmediate and i.indexprs is null and (
       select array_agg(attname::text order by attname) from pg_attribute
        where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
     ) = (select array_agg(name order by name) from unnest(array[{{names.pair}}]::name[]::text[]) as n (name))
loop
  raise exception 'the key % of post_ratings is deferrable: every press would be refused', v_found.name
    using hint = 'Drop it, and make it anew on {{names.pair.shown}}, not deferrable.';
end loop;

-- One of {{names.pair.shown}} that is a key by itself lets a person like one target, or a target be liked by one person.
for v_found in
  select i.indexrelid::regclass as name, k.names
    from pg_index i cross join lateral (
      select string_agg(attname, ', ' order by attname) as names, bool_and(attname in ({{names.pair}})) as is_part,
             count(*) filter (where attname in ('{{name row.target}}', '{{name row.session}}')) as ids
        from pg_attribute
       where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
    ) k
   where i.indrelid = 'public.post_ratings'::regclass and i.indisunique and i.indpred is null and i.indexprs is null
     and k.is_part and k.ids < 2
loop
  raise exception 'rows of post_ratings are unique on % alone (%): every press beyond the first would be refused',
    v_found.names, v_found.name
    using hint = 'Drop that key, and make one on ({{names.pair.shown}}).';
end loop;

-- The functions of onecount have variables of these names, and would take one for the other.
for v_column in
  select a.attrelid::regclass as relation, a.attname as name, (
      select string_agg(field, ', ') from (values {{fields}}) as f (relation, name, field)
       where f.relation = a.attrelid and f.name = a.attname
    ) as field
    from pg_attribute a
   where a.attrelid in ('{{content}}'::regclass, 'public.post_ratings'::regclass) and a.attnum > 0 and not a.attisdropped
     and (a.attname in ({{names.variables}}) or a.attname in ('new', 'old') and exists (
       select from (values {{fields}}) f (relation, name, field)
        where f.relation = a.attrelid and f.name = a.attname and f.field <> 'rows.createdAt'))
loop
  raise exception 'the kind {{kind}} cannot be kept beside the column % of %: functions of onecount have a variable of this name',
    v_column.name, v_column.relation || coalesce(format(' (kinds.{{kind}}.%s)', v_column.field), '')
    using hint = format('Rename it: alter table %s rename column %I to …', v_column.relation, v_column.name);
end loop;

-- The kind counts every row as a like, also one with a column that says that the like was removed.
for v_column in
  select a.attname as name, a.atttypid = 'boolean'::regtype as is_boolean from pg_attribute a
   where a.attrelid = 'public.post_ratings'::regclass and a.attnum > 0 and not a.attisdropped
     and a.attname not in ({{names.filled}}) and lower(replace(a.attname, '_', '')) in ({{names.removed}})
     and (a.atttypid = 'boolean'::regtype
          or not a.attnotnull and format_type(a.atttypid, null) ~ '^(timestamp|date$)')
loop
  execute format(case when v_column.is_boolean then 'select exists (select from public.post_ratings where %I) as is_set'
    else 'select exists (select from public.post_ratings where %I is not null) as is_set' end, v_column.name) into v_found;
  if v_found.is_set then
    raise exception 'rows of post_ratings have % set: they say that the like was taken back, and the kind {{kind}} would count them',
      v_column.name
      using hint = format('Delete them: delete from public.post_ratings where %s. Code that unlikes by setting it deletes the row instead.',
        case when v_column.is_boolean then quote_ident(v_column.name) else format('%I is not null', v_column.name) end);
  end if;
  raise warning 'post_ratings has the column %: onecount counts every row, also one that has it set', v_column.name
    using hint = 'Code that unlikes deletes the row.';
end loop;

-- Nothing can be written to a column that PostgreSQL computes.
for v_column in
  select a.attrelid::regclass as relation, a.attname as name, a.attidentity <> '' as is_identity, f.field
    from (values {{fields}}) f (relation, name, field) join pg_attribute a on a.attrelid = f.relation and a.attname = f.name
   where f.field <> 'target.column' and (a.attgenerated <> '' or a.attidentity = 'a')
loop
  raise exception 'the kind {{kind}} cannot write the column % of % (kinds.{{kind}}.%): PostgreSQL computes it',
    v_column.name, v_column.relation, v_column.field
    using hint = format('Make it an ordinary column: alter table %s alter column %I drop %s', v_column.relation, v_column.name,
      case when v_column.is_identity then 'identity' else 'expression' end);
end loop;

-- A press fills the columns that the mapping names. Another column that must have a value refuses every press.
for v_column in
  select a.attname as name, format_type(a.atttypid, null) as type, exists (
      select from pg_index i where i.indrelid = a.attrelid and i.indisunique and i.indnkeyatts = 1 and i.indkey[0] = a.attnum
    ) as is_key, exists (
      select from pg_trigger g
       where g.tgrelid = a.attrelid and not g.tgisinternal and g.tgname not like 'onecount\\_%' and g.tgenabled in ('O', 'A')
         and g.tgtype & 7 = 7
    ) as has_trigger
    from pg_attribute a join pg_type t on t.oid = a.atttypid
   where a.attrelid = 'public.post_ratings'::regclass and a.attnum > 0 and not a.attisdropped
     and (a.attnotnull or t.typnotnull) and not a.atthasdef and a.attidentity = '' and t.typdefault is null
     and a.attname not in ({{names.filled}})
loop
  if v_column.has_trigger then
    raise warning 'post_ratings has the column %, which must have a value: the kind {{kind}} relies on a trigger to fill it',
      v_column.name;
  else
    raise exception 'the kind {{kind}} cannot write post_ratings: its column % must have a value, and has no default',
      v_column.name
      using hint = format('Give it one, then apply this again: alter table public.post_ratings alter column %I %s', v_column.name,
        case
          when v_column.type like 'timestamp%' or v_column.type = 'date' then 'set default now()'
          when not v_column.is_key then 'set default …'
          when v_column.type = 'uuid' then 'set default gen_random_uuid()'
          when v_column.type in ('text', 'character varying') then 'set default gen_random_uuid()::text'
          when v_column.type in ('bigint', 'integer', 'smallint') then 'add generated by default as identity'
          else 'set default …'
        end);
  end if;
end loop;
{{/mapped}}

{{#mapped}}
{{locks}}
{{/mapped}}

-- The columns that onecount adds to the application's tables, and its own tables (docs/design.md section 3). Changes
-- nothing that is there already. Rows first, then their targets: in this order an insert of a row locks them, with its
-- foreign key.

{{#mapped}}
-- How the application's tables were before onecount, noted once, for \`npx onecount uninstall\`. A table that another
-- kind has changed already is noted as that kind found it.
if to_regclass('public.like_receipt') is null then
  create table public.like_receipt (partition integer primary key, nonce text not null, owner text, answer json);
  execute format('comment on table public.like_receipt is %L', (
    with noted as (
      select substr(obj_description(oid, 'pg_class'), length('before ') + 1)::jsonb as before from pg_class
       where relnamespace = 'public'::regnamespace and relname ~ '^(like|onecount_[a-z0-9]+)_receipt$'
         and obj_description(oid, 'pg_class') like 'before {%'
    ), rights as (
      select c.oid, a.grantee, a.privilege_type as name
        from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
      union all
      select t.attrelid, a.grantee, format('%s (%I)', a.privilege_type, t.attname)
        from pg_attribute t cross join aclexplode(t.attacl) a where not t.attisdropped
    ), by_role as (
      select r.oid, n.role, jsonb_agg(r.name order by r.name) as names
        from rights r cross join lateral (
          select case r.grantee when 0 then 'public' else r.grantee::regrole::text end as role
        ) n
       where n.role in ('public', 'anon', 'authenticated', 'service_role')
       group by 1, 2
    ), tables as (
      select n.name, coalesce(
        (select before -> 'tables' -> n.name from noted where before -> 'tables' -> n.name is not null limit 1),
        jsonb_build_object(
          'columns', (select jsonb_agg(attname) from pg_attribute
                       where attrelid = c.oid and attnum > 0 and not attisdropped),
          'indexes', coalesce((select jsonb_agg(x.relname) from pg_index i join pg_class x on x.oid = i.indexrelid
                                where i.indrelid = c.oid), '[]'),
          'privileges', coalesce((select jsonb_object_agg(role, names) from by_role b where b.oid = c.oid), '{}'),
          'sequences', coalesce((
            select jsonb_agg(distinct s.relname)
              from pg_attrdef a
              join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid
                              and d.refclassid = 'pg_class'::regclass
              join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
              cross join aclexplode(s.relacl) p
             where a.adrelid = c.oid and p.grantee = to_regrole('service_role') and p.privilege_type = 'USAGE'), '[]'),
          'row_security', c.relrowsecurity,
          'schema_usage', exists (select from pg_namespace s cross join aclexplode(s.nspacl) a
                                   where s.oid = c.relnamespace and a.grantee = to_regrole('service_role')
                                     and a.privilege_type = 'USAGE'),
          'published', exists (select from pg_publication_rel r join pg_publication p on p.oid = r.prpubid
                                where p.pubname = 'supabase_realtime' and r.prrelid = c.oid)
        )) as before
        from (values ('{{content}}'), ('public.post_ratings')) as n (name)
        join pg_class c on c.oid = n.name::regclass
    )
    select 'before ' || jsonb_build_object(
      'tables', (select jsonb_object_agg(name, before) from tables),
      'publication', exists (select from pg_publication where pubname = 'supabase_realtime')
        and not exists (select from noted where before -> 'publication' = 'false')
    )::text
  ));
end if;

{{#unshadowed}}
-- A trigger of the application that counts its rows would count what onecount has counted once more.
for v_found in
  select tgname from pg_trigger
   where tgrelid = 'public.post_ratings'::regclass and not tgisinternal and tgname not like 'onecount\\_%'
loop
  raise warning 'post_ratings has the trigger %: if it changes a count, drop it, as onecount counts now', v_found.tgname;
end loop;

{{/unshadowed}}
-- An index that could not be built concurrently has the name of one, and is none.
for v_found in
  select i.indexrelid::regclass as name from pg_index i join pg_class c on c.oid = i.indexrelid
   where i.indrelid = 'public.post_ratings'::regclass and not i.indisvalid
     and c.relname in ('onecount_pair_idx', 'onecount_target_idx', 'post_ratings_session_post_idx')
loop
  execute format('drop index %s', v_found.name);
end loop;

{{#variants}}
-- Where a person may give one variant alone, the second one would be refused with every press.
for v_found in
  select i.indexrelid::regclass as name from pg_index i
   where i.indrelid = 'public.post_ratings'::regclass and i.indisunique and i.indexprs is null
     and (select array_agg(attname::text) from pg_attribute
           where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1]))
         @> array['{{name row.target}}', '{{name row.session}}']
     and not exists (
       select from pg_attribute
        where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
          and attname = '{{name row.variant}}')
     and not exists (
       select from pg_index o
        where o.indrelid = i.indrelid and o.indisunique and o.indnkeyatts = 1 and o.indkey[0] = any (i.indkey))
loop
  raise exception 'post_ratings has the unique index %, so a person can give a target one variant alone', v_found.name
    using hint = 'The kind {{kind}} counts several: drop it, or make it unique with the variant.';
end loop;

select string_agg(variant, ', ') as names into v_found from (
  select distinct {{row.variant}} as variant from public.post_ratings
   where {{row.variant}} not in ({{variants}}) limit 10
) others;
if v_found.names is not null then
  raise warning 'post_ratings has rows of variants that the kind {{kind}} does not have, and they are not counted: %',
    v_found.names;
end if;

-- The rows of a target that is deleted go by it.
if not exists (
  select from pg_index i
    where i.indrelid = 'public.post_ratings'::regclass and i.indisvalid and i.indpred is null
      and i.indkey[0] = (
        select attnum from pg_attribute where attrelid = i.indrelid and attname = '{{name row.target}}')
) then
  create index if not exists onecount_target_idx on public.post_ratings ({{row.target}});
end if;
{{/variants}}
{{#plain}}
-- One row a pair, found by its target.
if not exists (
  select from pg_index i
    where i.indrelid = 'public.post_ratings'::regclass and i.indisunique and i.indimmediate and i.indisvalid
      and i.indpred is null and i.indexprs is null and i.indnkeyatts = 2
      and (select attnum from pg_attribute where attrelid = i.indrelid and attname = '{{name row.target}}') = i.indkey[0]
      and (select attnum from pg_attribute where attrelid = i.indrelid and attname = '{{name row.session}}') = i.indkey[1]
) then
{{/plain}}
{{#variants}}
-- One row a pair. An expression, as the id of a variant is made of two columns.
{{/variants}}
begin
  create unique index if not exists onecount_pair_idx on public.post_ratings ({{row.key}}, {{row.session}});
exception when unique_violation then
  -- Rows that differ in more than a key or a time are no repetitions, and none of them is to be deleted unseen.
  for v_column in
    select a.attname as name from pg_attribute a
     where a.attrelid = 'public.post_ratings'::regclass and a.attnum > 0 and not a.attisdropped
       and a.attname not in ({{names.filled}}) and format_type(a.atttypid, null) !~ '^(timestamp|date$)'
       and not exists (
         select from pg_index i
          where i.indrelid = a.attrelid and i.indisunique and i.indnkeyatts = 1 and i.indkey[0] = a.attnum)
  loop
    execute format($several$
      select exists (
        select from public.post_ratings t group by {{row.key}}, {{row.session}}
        having count(distinct coalesce(t.%I::text, '')) > 1) as differ $several$, v_column.name) into v_found;
    if v_found.differ then
      raise exception using errcode = 'unique_violation',
        message = format('rows of public.post_ratings are there several times for one target and person, and differ in %s: %s',
          v_column.name, sqlerrm),
        hint = {{hint.several}};
    end if;
  end loop;
  raise exception using errcode = 'unique_violation',
    message = 'rows of public.post_ratings are there twice, and the kind {{kind}} counts each once: ' || sqlerrm,
    hint = 'Delete all but one of each, then apply this again: delete from public.post_ratings a using public.post_ratings b '
      'where a.ctid > b.ctid and ({{twice}})';
end;
{{#plain}}
end if;
{{/plain}}

{{/mapped}}
-- A row from before onecount gets the op 3, the smallest one that does not mean "no op yet": every later press beats it.
-- The constant default makes this a change of the catalogue alone. A row that is written later without an op gets one of
-- its own moment.
alter table public.post_ratings add column if not exists {{row.op}} bigint not null default 3;
alter table public.post_ratings
  alter column {{row.op}} set default 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + 1;
-- The rows of a large table are checked later, by onecount_repair_constraints, under a lock that stops no writer.
if not exists (
  select from pg_constraint
    where conrelid = 'public.post_ratings'::regclass and conname = 'post_ratings_op_likes'
) then
  alter table public.post_ratings add constraint post_ratings_op_likes check ({{row.op}} % 2 = 1) not valid;
  if pg_relation_size('public.post_ratings') < 16 * 1024 * 1024 then
    alter table public.post_ratings validate constraint post_ratings_op_likes;
  end if;
end if;
create index if not exists post_ratings_session_post_idx on public.post_ratings ({{row.session}}, {{row.key}});

{{#text}}
-- An id is a part of keys and messages.
if not exists (
  select from pg_constraint where conrelid = '{{content}}'::regclass and conname = 'onecount_id_is_a_key'
) then
  alter table {{content}} add constraint onecount_id_is_a_key
    -- A bound in the pattern would be slow to check, while the table is locked.
    check ({{content.id}} ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]*$' and length({{content.id}}) <= 128);
end if;

{{/text}}
{{#column}}
alter table public.posts_new add column if not exists {{post.rev}} bigint not null default 0;
{{/column}}
{{#table}}
-- The counts, as the application has no column for them. Nothing is inserted into either table until this ends.
lock table public.post_ratings, {{content}} in share row exclusive mode;
{{#variants}}
create table if not exists public.posts_new (
  {{post.id}} {{own.post}} primary key,
  target {{type.target}} not null references {{content}} ({{content.id}}) on delete cascade,
  variant text not null,
  {{post.likes}} bigint not null default 0,
  {{post.rev}} bigint not null default 0,
  check ({{post.id}} = target::text || '{{separator}}' || variant)
);
create index if not exists onecount_counts_target_idx on public.posts_new (target);
-- The rows of a variant that is not counted any more stay, and are counted again once it is. Redis, which is not told of
-- each count, begins anew.
if exists (select from public.posts_new where variant not in ({{variants}})) then
  -- It is made anew below.
  drop trigger if exists onecount_removed_by_hand on public.posts_new;
  delete from public.posts_new where variant not in ({{variants}});
  update public.like_receipt set nonce = gen_random_uuid()::text;
end if;
select c.{{content.id}} as id into v_found from {{content}} c cross join unnest(array[{{variants}}]) as v (variant)
 where not exists (select from public.posts_new p where p.target = c.{{content.id}} and p.variant = v.variant) limit 1;
if found then
  insert into public.posts_new ({{post.id}}, target, variant, {{post.likes}})
  select e.id, e.target, e.variant, coalesce(r.likes, 0)
    from (
      select (c.{{content.id}}::text || '{{separator}}' || v.variant) collate "C" as id,
             c.{{content.id}} as target, v.variant
        from {{content}} c cross join unnest(array[{{variants}}]) as v (variant)
    ) e
    left join (
      select {{row.post}} as id, count(*) as likes from public.post_ratings where {{row.counted}} group by 1
    ) r on r.id = e.id
   where not exists (select from public.posts_new p where p.{{post.id}} = e.id);
  -- Redis knows people of whom it was not told the rows of a new variant: it begins anew.
  update public.like_receipt set nonce = gen_random_uuid()::text;
end if;
{{/variants}}
{{#plain}}
create table if not exists public.posts_new (
  {{post.id}} {{type.post}} primary key references {{content}} ({{content.id}}) on update cascade on delete cascade,
  {{post.likes}} bigint not null default 0,
  {{post.rev}} bigint not null default 0
);
select c.{{content.id}} as id into v_found from {{content}} c
 where not exists (select from public.posts_new p where p.{{post.id}} = c.{{content.id}}) limit 1;
if found then
  insert into public.posts_new ({{post.id}}, {{post.likes}})
  select c.{{content.id}}, coalesce(r.likes, 0)
    from {{content}} c
    left join (
      select {{row.post of t}} as id, count(*) as likes from public.post_ratings t group by 1
    ) r on r.id = c.{{content.id}}
   where not exists (select from public.posts_new p where p.{{post.id}} = c.{{content.id}})
  on conflict ({{post.id}}) do nothing;
end if;
{{/plain}}
{{/table}}

-- The newest op of a pair that does not like the post: without it a late, older like would come back to life.
create table if not exists public.like_tombstones (
  post_id {{own.post}} not null references public.posts_new ({{post.id}}) on delete cascade,
  session_id {{type.session}} not null,
  op bigint not null check (op % 2 = 0),
  primary key (post_id, session_id)
);
create index if not exists like_tombstones_session_post_idx on public.like_tombstones (session_id, post_id);
create index if not exists like_tombstones_op_idx on public.like_tombstones (op);

-- Notes of edits by hand on their way into the log. A row without a session ('', or the UUID of zeros) says that Redis must
-- forget the post: it was removed (an odd op), or its likes were set by hand. So a row outlives its post.
create table if not exists public.like_unseen (
  post_id {{own.post}} not null,
  session_id {{type.session}} not null,
  op bigint not null,
  primary key (post_id, session_id)
);

-- The receipt of the last batch that Postgres applied, its answer, and the Redis it belongs to. The receipt starts as a
-- random id, so that it differs from the cut of a Redis that never talked to this Postgres.
create table if not exists public.like_receipt (
  partition integer primary key,
  nonce text not null,
  owner text,
  answer json
);
alter table public.like_receipt add column if not exists answer json;
insert into public.like_receipt (partition, nonce) values (0, gen_random_uuid()::text) on conflict do nothing;

-- Ops that a rule of the database forbids, set aside with the reason.
create table if not exists public.like_refused (
  post_id {{own.post}} not null,
  session_id {{type.session}} not null,
  op bigint not null,
  sqlstate text not null,
  message text not null,
  refused_at timestamptz not null default now(),
  primary key (post_id, session_id)
);

-- How many partitions the posts are in, and whether a Redis drains: only then are ops logged; one row.
create table if not exists public.like_settings (
  id boolean primary key default true check (id),
  partitions integer not null default 1 check (partitions > 0),
  has_redis boolean not null default false,
  pruned_at timestamptz not null default '-infinity'
);
insert into public.like_settings (id) values (true) on conflict do nothing;
{{#mapped}}
comment on table public.like_settings is '{{mapping}} | onecount {{version}}';
{{/mapped}}

-- One row for each op that Postgres accepted without Redis. \`prev\` is the op of the pair before, 0 for none. \`nonce\` names
-- the batch that told Redis; the batch after it deletes the row. A row without a session ('', or the UUID of zeros) says
-- that Redis must forget the post; its op and prev are 1 where it was removed, or 0. So a row outlives its post.
create table if not exists public.like_log (
  id bigint generated always as identity primary key,
  partition integer not null,
  post_id {{own.post}} not null,
  session_id {{type.session}} not null,
  op bigint not null,
  prev bigint not null,
  nonce text,
  at timestamptz not null default now()
);
create index if not exists like_log_unseen_idx on public.like_log (partition, id) where nonce is null;
create index if not exists like_log_forgotten_idx on public.like_log (partition) where nonce is null and session_id = {{none}};
create index if not exists like_log_told_idx on public.like_log (partition, id) where nonce is not null;
create index if not exists like_log_pair_idx on public.like_log (post_id, session_id, id);

-- What the rows without a nonce change in the likes of a post; no row: nothing. Likes as of the cut are likes - change.
-- Changed only under the lock of the post.
create table if not exists public.like_log_sums (
  post_id {{own.post}} primary key,
  change bigint not null
);

-- The checks of foreign keys are planned by Postgres itself, once for a connection. A plan of a time when posts_new
-- had few rows may read another index than the primary key in full, which cost nothing then. So a connection plans
-- anew while posts_new is small and has doubled.
create or replace function public.onecount_replan(p_posts regclass) returns void
language plpgsql set search_path = '' as $$
declare
  v_planned bigint := coalesce(nullif(current_setting('onecount.planned_bytes', true), ''), '0')::bigint;
  v_bytes bigint;
begin
  if v_planned > 1048576 then
    return;
  end if;
  v_bytes := pg_relation_size(p_posts);
  if v_bytes > 2 * v_planned then
    execute 'discard plans';
    perform set_config('onecount.planned_bytes', v_bytes::text, false);
  end if;
end $$;

-- A trigger or a policy may skip a row without an error. A press counts with its row or not at all (invariant 1).
create or replace function public.onecount_assert_written(p_skipped bigint) returns void
language plpgsql set search_path = '' as $$
begin
  if p_skipped <> 0 then
    raise exception using errcode = '23000',
      message = 'a trigger or policy of the application skips the row of post_ratings or posts_new';
  end if;
end $$;

-- Whether an error says that Postgres cannot serve any call now: connection, read-only transaction, deadlock, resources,
-- locks, shutdown, input and output, an old snapshot. An error that a function of the application raises itself, with any
-- code, is a refusal of the row: then the context begins with its RAISE.
create or replace function public.onecount_is_outage(p_sqlstate text, p_context text) returns boolean
language sql immutable set search_path = '' as $$
  select (left(p_sqlstate, 2) in ('08', '25', '40', '53', '57', '58', '72') or p_sqlstate in ('55006', '55P03', '55P04'))
    and split_part(p_context, E'\\n', 1) !~ 'RAISE$'
$$;

-- Rows may hold sessions that were never the engine's, and that no key of Redis can hold: then the post as a whole is
-- forgotten there, and read anew.
create or replace function public.onecount_session_or_all(p_session {{type.session}}) returns {{type.session}}
language sql immutable set search_path = '' as $$
  select case when {{text p_session}} ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' then p_session else {{none}} end
$$;

-- The op in place of one that is not sound: as of the newest moment at which it can have been made. An op that was
-- given after that revision beats it.
create or replace function public.onecount_op_before(p_rev bigint, p_now bigint) returns bigint
language sql immutable set search_path = '' as $$
  select 2 * greatest(1, least(coalesce(p_rev, 0), p_now))
$$;

-- How many blocks a table has; of one that is split into partitions, the largest of them.
create or replace function public.onecount_blocks(p_table regclass) returns bigint
language sql stable set search_path = '' as $$
  select max(pg_relation_size(relid)) / current_setting('block_size')::bigint
    from (select relid from pg_partition_tree(p_table) union select p_table) t (relid)
$$;

-- The partition of a post, as core/ids.ts computes it.
create or replace function public.onecount_partition_of(p_post {{type.post}}, p_partitions integer) returns integer
language plpgsql immutable set search_path = '' as $$
begin
  {{partition}}
end $$;

-- Number of partitions of the log, fixed until this transaction ends; null: no Redis drains, and nothing is logged.
create or replace function public.onecount_partitions() returns integer
language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('onecount_settings', 0));
  return (select partitions from public.like_settings where has_redis);
end $$;

-- Keeps every transaction waiting that logs, after those that do have ended.
create or replace function public.onecount_lock_settings() returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('onecount_settings', 0));
$$;

-- Changes the number of partitions: a drain that believes in another one is refused, every Redis finds that it has no
-- history in common with Postgres, and begins anew.
create or replace function public.onecount_set_partitions(p_partitions integer) returns void
language plpgsql set search_path = '' as $$
declare
  v_owner text := (select max(owner) from public.like_receipt);
begin
  perform public.onecount_lock_settings();
  update public.like_settings set partitions = p_partitions where partitions <> p_partitions;
  if not found then
    return;
  end if;
  update public.like_log set partition = public.onecount_partition_of(post_id, p_partitions);
  delete from public.like_receipt;
  insert into public.like_receipt (partition, nonce, owner)
  select n, gen_random_uuid()::text, v_owner from generate_series(0, p_partitions - 1) as n;
end $$;

-- Gives the receipt to another Redis. The caller names the owner before, so that of two callers one fails. Answers the
-- owner.
create or replace function public.onecount_take_over(p_partition integer, p_owner text, p_from text) returns json
language plpgsql set search_path = '' as $$
begin
  update public.like_receipt set owner = p_owner where partition = p_partition and owner is not distinct from p_from;
  return to_json((select owner from public.like_receipt where partition = p_partition));
end $$;

-- Every function answers by index, whatever the statistics of the tables say: they may be missing, of a time when a
-- table was empty, or right and tempting (one post with nearly all rows). docs/decisions/023 says why; in short:
--   a row is looked up with an order and a limit, and sorting is off: only the index on exactly these columns can
--   deliver that order. The conditions are ranges and arrays because they leave the order something to say: an
--   equality alone may be answered by any index that contains the column, also one that has to be read in full for it;
--   a row that was found is changed by its ctid, and its tableoid as tables may be partitioned, under its post's lock;
--   plans are generic, so that they are made once for a connection and not once more for each list.
--
-- What writes the application's tables has their schemas in its search path: its own triggers, which fire then, name
-- other tables of it as its code does. Everything here is named with its schema all the same.

-- Merges ops into the pairs of posts: the greater op wins. The posts are locked in the order of their ids. The
-- triggers for edits by hand look away meanwhile. \`likes\` is SET to likes plus the transitions that really happened,
-- so likes = base + count(ratings) always (invariant 1). With p_mark_applied what was applied is marked as unseen by
-- Redis; what was smaller than the op already there is always marked, with the greater op. Returns the posts that do
-- not exist.
create or replace function public.onecount_apply(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_mark_applied boolean
) returns {{type.post}}[]
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_skipped bigint;
begin
  perform public.onecount_replan('public.posts_new');
  perform set_config('onecount.applying', 'on', true);
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
{{#table}}
    -- The target first: one that is deleted is locked before its count, which goes with it. In one statement, as a count
    -- that is there a moment after its target was not is to stay unlocked too.
    cross join lateral (
      select true as is_there from {{content}}
       where {{content.id}} >= {{target e.id}} and {{content.id}} <= {{target e.id}} order by {{content.id}} limit 1 for key share
    ) t
{{/table}}
    cross join lateral (
      select from public.posts_new where {{#table}}t.is_there and {{/table}}{{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update
    ) p;

  with entries as materialized (
    select post_id, session_id, max(op) as op, max(rev) as rev
      from unnest(p_posts, p_sessions, p_ops, p_revs) as e (post_id, session_id, op, rev)
     group by post_id, session_id
  ), pairs as materialized (
    select e.*, p.tid as post, p.part as post_part, r.tid as rating, r.part as rating_part,
           t.tid as tombstone, greatest(r.op, t.op, 0) as known
      from entries e
      cross join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where {{post.id}} >= e.post_id and {{post.id}} <= e.post_id order by {{post.id}} limit 1
      ) p
      left join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), newer as materialized (
    select * from pairs where op > known
  ), rated as (
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp(op / 2 / 1000000.0)}} from newer where op % 2 = 1
    on conflict ({{row.key}}, {{row.session}}) do update set {{row.op}} = excluded.{{row.op}}
    returning 1
  ), revived as (
    delete from public.like_tombstones t using newer n where n.op % 2 = 1 and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using newer n
     where n.op % 2 = 0 and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from newer where op % 2 = 0
    on conflict (post_id, session_id) do update set op = excluded.op
  ), unseen as (
    insert into public.like_unseen (post_id, session_id, op)
    select post_id, session_id, greatest(op, known) from pairs
     where op < known or op > known and p_mark_applied
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = excluded.op
  ), changed as (
    update public.posts_new p
       set {{post.likes}} = greatest(greatest(p.{{post.likes}}, 0) + d.delta, 0), {{post.rev}} = greatest(p.{{post.rev}} + 1, d.rev)
      from (
        select post, post_part, max(rev) as rev, sum(op % 2 - (rating is not null)::integer) as delta
          from newer group by post, post_part
      ) d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning 1
  )
  select (select count(*) from newer where op % 2 = 1 or rating is not null)
           - (select count(*) from rated) - (select count(*) from unrated)
           + (select count(*) from (select from newer group by post, post_part) posts) - (select count(*) from changed)
    into v_skipped;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);

  return array(
    select e.id from (select distinct id from unnest(p_posts) as e (id)) e
      left join lateral (
        select true as is_there from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p on true
     where p.is_there is null
  );
end $$;

-- Which of the ops are newer than the op of their pair, on posts that exist.
create or replace function public.onecount_are_new(p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[]) returns boolean[]
language sql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
  select array_agg(
           e.op > greatest(
             (select r.{{row.op}} from public.post_ratings r
              where {{row.post of r}} = any (array[e.post_id]) and r.{{row.session}} >= e.session_id and r.{{row.session}} <= e.session_id
              order by {{row.post of r}}, r.{{row.session}} limit 1),
             (select t.op from public.like_tombstones t
              where t.post_id = any (array[e.post_id]) and t.session_id >= e.session_id and t.session_id <= e.session_id
              order by t.post_id, t.session_id limit 1),
             0
           ) and exists (
             select from public.posts_new p where p.{{post.id}} >= e.post_id and p.{{post.id}} <= e.post_id order by p.{{post.id}} limit 1
           )
           order by n)
    from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
$$;

-- Sets refused ops aside; of a pair the greatest one. A repeat changes nothing.
create or replace function public.onecount_set_aside(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_refused json
) returns void
language sql set search_path = '' as $$
  insert into public.like_refused as r (post_id, session_id, op, sqlstate, message)
  select distinct on (post_id, session_id) post_id, session_id, op, sqlstate, message
    from json_array_elements(p_refused) e,
         lateral (select (e ->> 0)::integer as n, e ->> 1 as sqlstate, e ->> 2 as message) why,
         lateral (select p_posts[n] as post_id, p_sessions[n] as session_id, p_ops[n] as op) pair
   order by post_id, session_id, op desc
  on conflict (post_id, session_id) do update
    set op = excluded.op, sqlstate = excluded.sqlstate, message = excluded.message, refused_at = now()
    where r.op <= excluded.op
$$;

-- Tries ops of this parity that no person has made, and undoes them: whether Postgres refuses all of them with one of
-- p_sqlstates. They are of pairs that Postgres has accepted before and, for likes, of new pairs too, by a session that is
-- there where it can be: an application may accept no others. Refused sessions are left out, and so are the posts of
-- refused ops, unless they are several and there are no others; in the end they are tried too, and only their success
-- counts. False where there is nothing to try.
create or replace function public.onecount_refuses_every(
  p_liked boolean, p_posts {{type.post}}[], p_sessions {{type.session}}[], p_sqlstates text[]
) returns boolean
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant {{type.post}} := {{first}};
  v_avoided {{type.post}}[] := p_posts;
  v_probe {{type.session}} := {{probe}};
  v_from {{type.post}}; v_post {{type.post}}; v_session {{type.session}}; v_op bigint;
  v_is_held boolean;
  v_tried boolean := false;
  v_context text;
begin
  if not exists (select from public.posts_new where {{post.id}} <> all (p_posts)) then
    if cardinality(p_posts) < 2 then
      return false;
    end if;
    v_avoided := '{}';
  end if;
  for i in 1..5 loop
    v_from := case when i % 2 = 1 then {{some post}} else NIL end;
    if i = 5 then
      v_from := p_posts[1];
      v_avoided := '{}';
    end if;
    v_post := null;
    v_is_held := not p_liked or i in (1, 2, 5);
    -- Posts to avoid are stepped over, however many rows they have.
    loop
      if v_is_held then
        select {{row.post}}, {{row.session}}, {{row.op}} + 1 into v_post, v_session, v_op from public.post_ratings
         where {{row.post}} >= v_from and {{row.session}} <> all (p_sessions){{#variants}} and {{row.counted}}{{/variants}} order by {{row.post}}, {{row.session}} limit 1;
      else
        -- A post at the end of its integer says nothing about others.
        select {{post.id}}, v_probe, 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint into v_post, v_session, v_op
          from public.posts_new where {{post.id}} >= v_from and {{post.likes}} < 2147483647 order by {{post.id}} limit 1;
      end if;
      exit when v_post is null or v_post <> all (v_avoided);
      select {{post.id}} into v_from from public.posts_new where {{post.id}} > v_post order by {{post.id}} limit 1;
      if not found then
        v_post := null;
        exit;
      end if;
    end loop;
    if v_is_held then
      v_probe := coalesce(v_session, v_probe);
    end if;
    continue when v_post is null;
    v_tried := v_tried or i < 5;
    v_avoided := v_avoided || v_post;
    begin
      if v_is_held then
        perform public.onecount_apply(array[v_post], array[v_session], array[v_op], array[0], false);
      end if;
      if p_liked then
        perform public.onecount_apply(array[v_post], array[v_session], array[v_op + 1], array[0], false);
      end if;
      set constraints all immediate;
      raise exception using errcode = 'OCOK0';
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_context = pg_exception_context;
      if public.onecount_is_outage(sqlstate, v_context) then
        raise;
      end if;
      if sqlstate = 'OCOK0' or not sqlstate = any (p_sqlstates) then
        return false;
      end if;
    end;
  end loop;
  return v_tried;
end $$;

-- Ops become rows: of presses that go to Postgres first, and of batches. How rows are looked up: see above.
--
-- Every function takes its locks in one order, so that calls wait for each other and never in a circle: the receipt,
-- then posts by id, then all else, which is touched only under the lock of its post.

-- Locks posts, in the order of their ids.
create or replace function public.onecount_lock(p_posts {{type.post}}[]) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  perform public.onecount_replan('public.posts_new');
  perform from (select distinct id from unnest(p_posts) as e (id) order by id) e
{{#table}}
    -- The target first: one that is deleted is locked before its count, which goes with it. In one statement, as a count
    -- that is there a moment after its target was not is to stay unlocked too.
    cross join lateral (
      select true as is_there from {{content}}
       where {{content.id}} >= {{target e.id}} and {{content.id}} <= {{target e.id}} order by {{content.id}} limit 1 for key share
    ) t
{{/table}}
    cross join lateral (
      select from public.posts_new where {{#table}}t.is_there and {{/table}}{{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update
    ) p;
end $$;

-- Merges ops into the pairs of posts that are locked: the greater op wins. \`likes\` is SET to likes plus the transitions
-- that really happened, so likes = base + count(ratings) always (invariant 1). A pair occurs at most once. The triggers
-- for edits by hand look away meanwhile.
--
-- Without p_nonce these are presses. An op of 0 or 1 is no op yet: the pair gets a new one of this parity, later than
-- everything that is known of it. Applied ops are logged where a Redis drains. Answers, in the order of the presses,
-- {status: 'applied', post, count, rev, liked, op}, where \`op\` is the newest of the pair and the counts are those
-- afterwards; or, with nothing changed, {status: 'gone'} for a post that does not exist, {status: 'ahead'} for an op that
-- lies more than \`p_ahead\` microseconds after now, the newest op of the pair and the revision of the post (null: no
-- limit).
--
-- With p_nonce they are the batch of that name. A pair with a greater op gets a row of the batch that tells it, unless
-- there is one that does. Answers null.
create or replace function public.onecount_merge(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_now bigint, p_ahead bigint, p_nonce text
) returns json[]
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partitions integer := public.onecount_partitions();
  v_results json[];
  v_skipped bigint;
begin
  perform set_config('onecount.applying', 'on', true);
  with entries as materialized (
    select e.n, e.post_id, e.session_id, e.op as given, coalesce(e.rev, p_now) as rev,
           p.tid as post, p.part as post_part, p.likes, p.likes_rev,
           r.tid as rating, r.part as rating_part, t.tid as tombstone, greatest(r.op, t.op, 0) as known,
           case when e.op > 1 then e.op
             else e.op + 2 * greatest(p_now, greatest(r.op, t.op, 0) / 2 + 1,
                                      case when p_now + 5000000 < p.likes_rev then p.likes_rev + 5000001 end)
           end as op
      from unnest(p_posts, p_sessions, p_ops, p_revs) with ordinality as e (post_id, session_id, op, rev, n)
      left join lateral (
        select ctid as tid, tableoid as part, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new
         where {{post.id}} >= e.post_id and {{post.id}} <= e.post_id order by {{post.id}} limit 1
      ) p on true
      left join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), judged as materialized (
    select *,
           case when post is null then 'gone'
                when given > 1 and op / 2 > greatest(p_now, known / 2, likes_rev) + p_ahead then 'ahead'
                else 'applied' end as status
      from entries
  ), newer as materialized (
    select * from judged where status = 'applied' and op > known
  ), rated as (
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp(op / 2 / 1000000.0)}} from newer where op % 2 = 1
    on conflict ({{row.key}}, {{row.session}}) do update set {{row.op}} = excluded.{{row.op}}
    returning 1
  ), revived as (
    delete from public.like_tombstones t using newer n where n.op % 2 = 1 and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using newer n
     where n.op % 2 = 0 and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from newer where op % 2 = 0
    on conflict (post_id, session_id) do update set op = excluded.op
  ), deltas as materialized (
    select post_id, post, post_part, max(rev) as rev, sum(op % 2 - (rating is not null)::integer) as delta
      from newer group by post_id, post, post_part
  ), changed as (
    update public.posts_new p
       set {{post.likes}} = greatest(greatest(p.{{post.likes}}, 0) + d.delta, 0), {{post.rev}} = greatest(p.{{post.rev}} + 1, d.rev)
      from deltas d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning p.{{post.id as id}}, p.{{post.likes as likes}}, p.{{post.rev as likes_rev}}
  ), logged as (
    insert into public.like_log (partition, post_id, session_id, op, prev)
    select public.onecount_partition_of(post_id, v_partitions), post_id, session_id, op, known
      from newer where p_nonce is null and v_partitions is not null
  ), summed as (
    insert into public.like_log_sums as s (post_id, change)
    select post_id, delta from deltas where p_nonce is null and v_partitions is not null and delta <> 0
    on conflict (post_id) do update set change = s.change + excluded.change
  ), beaten as (
    insert into public.like_log (partition, post_id, session_id, op, prev, nonce)
    select public.onecount_partition_of(j.post_id, v_partitions), j.post_id, j.session_id, j.known, j.known, p_nonce
      from judged j
      left join lateral (
        select true as is_told from public.like_log
         where post_id = any (array[j.post_id]) and session_id >= j.session_id and session_id <= j.session_id
           and op = j.known
         order by post_id, session_id, id limit 1
      ) l on true
     where p_nonce is not null and j.post is not null and j.op < j.known and l.is_told is null
  )
  select array_agg(
           case status when 'applied' then json_build_object(
             'status', status, 'post', {{json post_id}},
             'count', greatest(coalesce(c.likes, j.likes), greatest(op, known) % 2),
             'rev', coalesce(c.likes_rev, j.likes_rev), 'liked', greatest(op, known) % 2 = 1,
             'op', greatest(op, known)
           ) else json_build_object('status', status) end
           order by n) filter (where p_nonce is null),
         (select count(*) from newer where op % 2 = 1 or rating is not null)
           - (select count(*) from rated) - (select count(*) from unrated)
           + (select count(*) from deltas) - (select count(*) from changed)
    into v_results, v_skipped
    from judged j left join changed c on c.id = j.post_id;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);
  return v_results;
end $$;

-- Merges a whole batch into the pairs of posts that are locked, as onecount_merge, for less: ops of new pairs are
-- inserted as they are, and each post is looked up once. Raises where the batch is not that simple: a post is gone, a
-- rating was inserted by hand meanwhile, or an op is refused. The caller then merges it with onecount_merge_sparing.
create or replace function public.onecount_merge_whole(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_nonce text
) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partitions integer := public.onecount_partitions();
  v_skipped bigint;
begin
  perform set_config('onecount.applying', 'on', true);
  with judged as materialized (
    select e.*, r.tid as rating, r.part as rating_part, t.tid as tombstone, greatest(r.op, t.op, 0) as known,
           e.op > greatest(r.op, t.op, 0) as is_newer, e.op % 2 = 1 as is_like
      from unnest(p_posts, p_sessions, p_ops, p_revs) as e (post_id, session_id, op, rev)
      left join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), rated as (
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp((op / 2)::double precision / 1000000)}}
      from judged where is_newer and is_like and rating is null
    returning 1
  ), rated_again as (
    -- As a press does: what an application has to say of an insert it says of this one too.
    insert into public.post_ratings ({{row.columns}}, {{row.session}}, {{row.op}}{{created , row.created}})
    select {{row.values post_id}}, session_id, op{{created , to_timestamp((op / 2)::double precision / 1000000)}}
      from judged where is_newer and is_like and rating is not null
    on conflict ({{row.key}}, {{row.session}}) do update set {{row.op}} = excluded.{{row.op}}
    returning 1
  ), revived as (
    delete from public.like_tombstones t using judged n
     where n.tombstone is not null and n.is_newer and n.is_like and t.ctid = n.tombstone
  ), unrated as (
    delete from public.post_ratings r using judged n
     where n.rating is not null and n.is_newer and not n.is_like and r.ctid = n.rating and r.tableoid = n.rating_part
    returning 1
  ), buried as (
    insert into public.like_tombstones (post_id, session_id, op)
    select post_id, session_id, op from judged where is_newer and not is_like
    on conflict (post_id, session_id) do update set op = excluded.op
  ), deltas as materialized (
    select d.*, p.tid as post, p.part as post_part
      from (
        select post_id, max(rev) as rev, sum(is_like::integer - (rating is not null)::integer) as delta,
               count(*) filter (where is_like or rating is not null) as written
          from judged where is_newer group by post_id
      ) d
      left join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where {{post.id}} >= d.post_id and {{post.id}} <= d.post_id order by {{post.id}} limit 1
      ) p on true
  ), changed as (
    update public.posts_new p
       set {{post.likes}} = greatest(greatest(p.{{post.likes}}, 0) + d.delta, 0), {{post.rev}} = greatest(p.{{post.rev}} + 1, d.rev)
      from deltas d
     where p.ctid = d.post and p.tableoid = d.post_part
    returning 1
  ), beaten as (
    insert into public.like_log (partition, post_id, session_id, op, prev, nonce)
    select public.onecount_partition_of(j.post_id, v_partitions), j.post_id, j.session_id, j.known, j.known, p_nonce
      from judged j
      cross join lateral (
        select from public.posts_new where {{post.id}} >= j.post_id and {{post.id}} <= j.post_id order by {{post.id}} limit 1
      ) p
      left join lateral (
        select true as is_told from public.like_log
         where post_id = any (array[j.post_id]) and session_id >= j.session_id and session_id <= j.session_id
           and op = j.known
         order by post_id, session_id, id limit 1
      ) l on true
     where not j.is_newer and j.op < j.known and l.is_told is null
  )
  select coalesce(sum(written), 0) + count(*)
           - (select count(*) from rated) - (select count(*) from rated_again) - (select count(*) from unrated)
           - (select count(*) from changed)
    into v_skipped
    from deltas;
  perform public.onecount_assert_written(v_skipped);
  perform set_config('onecount.applying', '', true);
  -- A constraint that is deferred would speak only when nothing can be set aside any more.
  set constraints all immediate;
end $$;

-- Merges ops as onecount_merge, without those that Postgres refuses: a group that is refused is tried by halves until the
-- refused ops are alone. Answers {results: [of each press], refused: [[position from 1, sqlstate, message]]}; the
-- result of a refused press is {status: 'refused', sqlstate, message}, and the counts of the others are those after
-- their part. An error that is no refusal of single ops ends the whole call as it came: an outage, and one that no op
-- can avoid, such as a missing column, grant or default.
create or replace function public.onecount_merge_sparing(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_now bigint, p_ahead bigint, p_nonce text
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_count integer := coalesce(cardinality(p_posts), 0);
  v_from integer[] := array[1]; v_to integer[] := array[v_count];
  v_a integer; v_b integer;
  v_revs bigint[] := p_revs;
  v_results json[] := array_fill(null::json, array[v_count]);
  v_part json[];
  v_new boolean[];
  v_refused integer[] := '{}';
  v_states text[] := '{}'; v_messages text[] := '{}';
  v_state text; v_message text; v_context text;
begin
  while cardinality(v_from) > 0 loop
    v_a := v_from[1];
    v_b := v_to[1];
    v_from := v_from[2:];
    v_to := v_to[2:];
    begin
      v_part := public.onecount_merge(
        p_posts[v_a:v_b], p_sessions[v_a:v_b], p_ops[v_a:v_b], v_revs[v_a:v_b], p_now, p_ahead, p_nonce);
      -- A constraint that is deferred would speak only when nothing can be set aside any more.
      set constraints all immediate;
      if v_part is not null then
        v_results[v_a:v_b] := v_part;
      end if;
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                              v_context = pg_exception_context;
      if public.onecount_is_outage(v_state, v_context) or v_count = 0 then
        raise;
      end if;
      if v_new is null then
        -- What fails without any op is not about ops.
        perform public.onecount_merge('{}', '{}', '{}', '{}', p_now, p_ahead, p_nonce);
        v_new := public.onecount_are_new(p_posts, p_sessions, p_ops);
        -- A part of a post's ops has a count that was never shown: it does not get the revision of the whole.
        if p_nonce is not null then
          v_revs := array_fill(0::bigint, array[v_count]);
        end if;
      end if;
      if v_a = v_b then
        v_refused := v_refused || v_a;
        v_states := v_states || v_state;
        v_messages := v_messages || left(v_message, 500);
        v_results[v_a] := json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
      else
        v_from := array[v_a, (v_a + v_b) / 2 + 1] || v_from;
        v_to := array[(v_a + v_b) / 2, v_b] || v_to;
      end if;
    end;
  end loop;

  -- Where a new op of the same parity was accepted Postgres does not refuse all; elsewhere others are tried.
  for v_parity in 0..1 loop
    if exists (select from unnest(v_refused) n where p_ops[n] % 2 = v_parity)
      and not exists (
        select from generate_subscripts(p_ops, 1) n where p_ops[n] % 2 = v_parity and v_new[n] and n <> all (v_refused)
      )
      and public.onecount_refuses_every(
        v_parity = 1,
        array(select distinct p_posts[n] from unnest(v_refused) n),
        array(select distinct p_sessions[n] from unnest(v_refused) n),
        array(select v_states[k] from generate_subscripts(v_refused, 1) k where p_ops[v_refused[k]] % 2 = v_parity)
      )
    then
      select v_states[k], v_messages[k] into v_state, v_message from generate_subscripts(v_refused, 1) k
       where p_ops[v_refused[k]] % 2 = v_parity limit 1;
      raise exception using errcode = v_state, message = v_message,
        hint = 'Postgres refuses this of every post: correct its cause.';
    end if;
  end loop;
  return json_build_object(
    'results', case when p_nonce is null then v_results end,
    'refused', (
      select coalesce(json_agg(json_build_array(v_refused[k], v_states[k], v_messages[k])), '[]')
        from generate_subscripts(v_refused, 1) k
    )
  );
end $$;

-- Presses, each durable when this answers: results as of onecount_merge_sparing, or {status: 'refused', sqlstate,
-- message} for the whole call where Postgres refuses every op.
create or replace function public.onecount_press(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_now bigint, p_ahead bigint
) returns json
language plpgsql set search_path = '' as $$
declare
  v_results json;
  v_state text; v_message text; v_context text;
begin
  perform public.onecount_lock(p_posts);
  begin
    v_results := public.onecount_merge_sparing(p_posts, p_sessions, p_ops, null, p_now, p_ahead, null) -> 'results';
  exception when others or assert_failure or query_canceled then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                            v_context = pg_exception_context;
    if public.onecount_is_outage(v_state, v_context) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  return v_results;
end $$;

-- The drain's call, and the functions that move the log. How rows are looked up, and the order of locks: 30_merge.sql.

-- Gives rows of the log that no batch has told yet to the batch \`p_nonce\`: all of its pairs, and up to \`p_limit\` more
-- by id. Locks the posts of its pairs and of these rows.
create or replace function public.onecount_hand_out(
  p_partition integer, p_nonce text, p_posts {{type.post}}[], p_sessions {{type.session}}[], p_limit integer
) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_pairs integer := 0;
  v_ids bigint[];
  v_others {{type.post}}[];
  v_told bigint[];
begin
  perform from public.like_log
    where partition >= p_partition and partition <= p_partition and nonce is null order by partition, id limit 1;
  if found then
    select count(*) into v_pairs
      from unnest(p_posts, p_sessions) as e (post_id, session_id)
      cross join lateral (
        select nonce from public.like_log
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id, id
      ) l
     where l.nonce is null;
    select array_agg(id order by id), array_agg(post_id) into v_ids, v_others from (
      select id, post_id from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is null
       order by partition, id limit p_limit + v_pairs
    ) l;
  end if;
  perform public.onecount_lock(p_posts || v_others);

  -- What has been noted of the pairs until their posts were locked goes with them.
  perform from public.like_log
    where partition >= p_partition and partition <= p_partition and nonce is null order by partition, id limit 1;
  if not found then
    return;
  end if;
  v_told := array(
    select l.id from unnest(p_posts, p_sessions) as e (post_id, session_id)
      cross join lateral (
        select id, nonce from public.like_log
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id, id
      ) l
     where l.nonce is null
  );
  perform public.onecount_tell(v_told, p_nonce, null);
  perform public.onecount_tell(v_ids, p_nonce, p_limit);
end $$;

-- Gives rows of the log, whose posts are locked, to a batch: in this order, up to \`p_limit\` that no batch has yet. A post
-- that has come since the lock is not: its row may be locked by a transaction that waits for another post of the batch,
-- and is left to the next one.
create or replace function public.onecount_tell(p_ids bigint[], p_nonce text, p_limit integer) returns void
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  with rows as materialized (
    select l.tid from unnest(p_ids) as e (id)
      cross join lateral (
        select ctid as tid, nonce from public.like_log
         where id >= e.id and id <= e.id order by id limit 1 for update skip locked
      ) l
     where l.nonce is null
     limit p_limit
  ), told as (
    update public.like_log l set nonce = p_nonce from rows r where l.ctid = r.tid
    returning l.post_id, l.op % 2 - l.prev % 2 as change
  ), sums as materialized (
    select t.post_id, s.tid, coalesce(s.change, 0) - t.change as change
      from (select post_id, sum(change) as change from told group by post_id) t
      left join lateral (
        select ctid as tid, change from public.like_log_sums
         where post_id >= t.post_id and post_id <= t.post_id order by post_id limit 1
      ) s on true
  ), balanced as (
    delete from public.like_log_sums l using sums s where l.ctid = s.tid and s.change = 0
  ), made as (
    -- What was balanced is no more once a part of it is told.
    insert into public.like_log_sums (post_id, change)
    select post_id, change from sums where tid is null and change <> 0
  )
  update public.like_log_sums l set change = s.change from sums s where l.ctid = s.tid and s.change <> 0;
end $$;

-- What Redis has to learn from the batch \`p_nonce\`: {status: 'applied', receipt, rows:
-- [[post, session, op]], posts: [[post, likes]], refused: [[post, session, op, sqlstate, message, op that Postgres
-- holds]]}. Likes and ops are those of the cut: without ops that no batch has told. So a row tells the op of its pair
-- at the cut, which is a later one where the version before has drained in between; that of a row without a
-- session is 1 where the post was removed, or 0. Refused are ops that are ahead of the cut, with the reason in like_refused; \`p_asked\` names the entries that can be refused, null: all.
create or replace function public.onecount_drained(
  p_partition integer, p_nonce text, p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_asked integer[]
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    with pairs as materialized (
      select id as n, post_id, session_id, op, true as is_row from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is not null and nonce = p_nonce
      union all
      select n, post_id, session_id, op, false
        from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
       where p_asked is null
      union all
      select n, post_id, session_id, op, false
        from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
       where cardinality(p_asked) > 0 and n = any (p_asked)
    ), seen as materialized (
      select e.*, case when e.session_id = {{none}} then e.op else coalesce(l.prev, greatest(r.op, t.op, 0)) end as known
        from pairs e
        left join lateral (
          select {{row.op as op}} from public.post_ratings
           where {{row.post}} = any (array[e.post_id]) and {{row.session}} >= e.session_id and {{row.session}} <= e.session_id
           order by {{row.post}}, {{row.session}} limit 1
        ) r on true
        left join lateral (
          select op from public.like_tombstones
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) t on true
        left join lateral (
          select prev from public.like_log
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
             and nonce is null
           order by post_id, session_id, id limit 1
        ) l on true
    ), refused as materialized (
      select e.*, coalesce(f.sqlstate, '') as sqlstate, coalesce(f.message, '') as message
        from seen e
        cross join lateral (
          select from public.posts_new where {{post.id}} >= e.post_id and {{post.id}} <= e.post_id order by {{post.id}} limit 1
        ) p
        left join lateral (
          select sqlstate, message from public.like_refused
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) f on true
       where not e.is_row and e.op > e.known
    )
    select json_build_object(
      'status', 'applied',
      'receipt', (select nonce from public.like_receipt where partition = p_partition),
      'rows', (
        select coalesce(json_agg(json_build_array({{json post_id}}, session_id, known) order by n), '[]')
          from seen where is_row
      ),
      'posts', (
        select coalesce(json_agg(json_build_array(
                 {{json p.id}}, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0))), '[]')
          from (select post_id from pairs where is_row union select unnest(p_posts)) e (id)
          cross join lateral (
            select {{post.id as id}}, {{post.likes as likes}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
          ) p
          left join lateral (
            select change from public.like_log_sums
             where post_id >= e.id and post_id <= e.id order by post_id limit 1
          ) s on true
      ),
      'refused', (
        select coalesce(
                 json_agg(json_build_array({{json post_id}}, session_id, op, sqlstate, message, known) order by n), '[]')
          from refused
      )
    )
  );
end $$;

-- A Redis drains: from now on ops that Postgres accepts are logged. Redis learns of earlier ones by hydration alone, so the
-- receipts change, and Redis finds that it does not know this Postgres.
create or replace function public.onecount_begin_logging() returns void
language plpgsql set search_path = '' as $$
begin
  -- In the order of the version before, which notes what Redis has not seen under the receipt.
  perform from public.like_receipt order by partition for update;
  -- Another call may have done so while this one waited. It is not to wait for the settings then: a drain that has seen
  -- them waits for the receipt.
  if (select has_redis from public.like_settings) then
    return;
  end if;
  perform public.onecount_lock_settings();
  update public.like_settings set has_redis = true where not has_redis;
  if found then
    -- Of a Redis before, as far as it is not forgotten yet.
    delete from public.like_log;
    delete from public.like_log_sums;
    update public.like_receipt set nonce = gen_random_uuid()::text;
  end if;
end $$;

-- Applies one batch that Redis handed out under \`p_nonce\`, if \`p_parent\` is the receipt, and answers as
-- onecount_drained; the receipt is \`<nonce>/<random>\` then. A batch that was applied last is answered as it was the first
-- time, whatever became of its posts since: what Redis knows at a cut must not depend on when it asked. Anything
-- else is {status: 'rejected', receipt}, with nothing changed; so are {status: 'foreign', owner} where the receipt is
-- another Redis' (a null \`p_owner\` is not compared, and owns nothing), {status: 'repartitioned', partitions} where there
-- is another number of them than the caller believes (null: not compared), and {status: 'refused', sqlstate, message} where
-- Postgres refuses every op; an op that is refused alone is set aside in like_refused. Of two calls at
-- once one waits for the other.
create or replace function public.onecount_drain(
  p_partition integer, p_parent text, p_nonce text,
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_revs bigint[], p_limit integer,
  p_owner text default null, p_partitions integer default null
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_receipt text;
  v_owner text;
  v_partitions integer;
  v_refused json;
  v_absent {{type.post}}[] := '{}';
  v_has_returned boolean := false;
  v_answer json;
  v_state text; v_message text; v_context text;
begin
  if not (select has_redis from public.like_settings) then
    perform public.onecount_begin_logging();
  end if;
  v_partitions := public.onecount_partitions();
  if v_partitions <> p_partitions then
    return json_build_object('status', 'repartitioned', 'partitions', v_partitions);
  end if;
  select nonce, owner into v_receipt, v_owner from public.like_receipt where partition = p_partition for update;
  if not found then
    insert into public.like_receipt (partition, nonce) values (p_partition, gen_random_uuid()::text)
    on conflict (partition) do nothing;
    select nonce, owner into v_receipt, v_owner from public.like_receipt where partition = p_partition for update;
  end if;
  if v_owner <> p_owner then
    return json_build_object('status', 'foreign', 'owner', v_owner);
  end if;
  if v_owner is null and p_owner is not null then
    update public.like_receipt set owner = p_owner where partition = p_partition;
  end if;
  if split_part(v_receipt, '/', 1) = p_nonce then
    -- There is none of a batch that the version before applied.
    select answer into v_answer from public.like_receipt
     where partition = p_partition and answer ->> 'receipt' = v_receipt;
    return coalesce(v_answer, public.onecount_drained(p_partition, p_nonce, p_posts, p_sessions, p_ops, null));
  end if;
  if v_receipt is distinct from p_parent then
    return json_build_object('status', 'rejected', 'receipt', v_receipt);
  end if;

  begin
    -- Redis has settled the batch that they came with.
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is not null order by partition, id
    ));
    perform public.onecount_hand_out(p_partition, p_nonce, p_posts, p_sessions, p_limit);
    begin
      perform public.onecount_merge_whole(p_posts, p_sessions, p_ops, p_revs, p_nonce);
      v_refused := '[]';
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_context = pg_exception_context;
      if public.onecount_is_outage(sqlstate, v_context) then
        raise;
      end if;
      -- A batch with a gone post is not merged whole. A post that has come since the lock is locked now, or the batch is
      -- undone below: to wait for the transaction that has it would be out of order.
      v_absent := array(
        select e.id from unnest(p_posts) as e (id)
        except
        select l.id from (
          select p.id from (select distinct id from unnest(p_posts) as e (id)) e
{{#table}}
            cross join lateral (
              select from {{content}}
               where {{content.id}} >= {{target e.id}} and {{content.id}} <= {{target e.id}}
               order by {{content.id}} limit 1 for key share skip locked
            ) t
{{/table}}
            cross join lateral (
              select {{post.id as id}} from public.posts_new
               where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update skip locked
            ) p
        ) l
      );
      v_has_returned := exists (
        select from unnest(v_absent) as e (id)
          cross join lateral (
            select from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
          ) p
      );
      if v_has_returned then
        v_refused := '[]';
      else
        v_refused :=
          public.onecount_merge_sparing(p_posts, p_sessions, p_ops, p_revs, null, null, p_nonce) -> 'refused';
      end if;
    end;
  exception when others or assert_failure or query_canceled then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                            v_context = pg_exception_context;
    if public.onecount_is_outage(v_state, v_context) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  -- Without the answer before: every version of the row stays for as long as any transaction is open.
  update public.like_receipt set nonce = p_nonce || '/' || gen_random_uuid(), answer = null
   where partition = p_partition;

  if json_array_length(v_refused) > 0 or exists (select from public.like_refused) then
    -- A greater op of a pair, whatever became of it, comes in the place of one that was refused.
    with overtaken as materialized (
      select r.tid
        from (
          select * from unnest(p_posts, p_sessions, p_ops) as e (post_id, session_id, op) order by post_id, session_id
        ) e
       cross join lateral (
         select ctid as tid, op from public.like_refused
          where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
          order by post_id, session_id limit 1
       ) r
       where r.op < e.op
    )
    delete from public.like_refused r using overtaken o where r.ctid = o.tid;
    perform public.onecount_set_aside(p_posts, p_sessions, p_ops, v_refused);
  end if;

  -- Notes for a Redis of the version before: it finds that this is not its receipt, and hydrates every post anew.
  delete from public.like_unseen where ctid = any (array(
    select ctid from public.like_unseen order by post_id, session_id limit p_limit for update skip locked
  ));
  v_answer := public.onecount_drained(
    p_partition, p_nonce, p_posts, p_sessions, p_ops,
    array(select (e ->> 0)::integer from json_array_elements(v_refused) e));
  -- Each statement sees what was committed when it began. Ops of a post that has come back since the merge are not in
  -- it, and Redis would be told that they are: the batch is undone, and comes again.
  if v_has_returned or exists (
    select from json_array_elements(v_answer -> 'posts') e where (e ->> 0)::{{type.post}} = any (v_absent)
  ) then
    raise exception 'a post has come back while its ops were merged' using errcode = 'serialization_failure';
  end if;
  update public.like_receipt set answer = v_answer where partition = p_partition;
  return v_answer;
end $$;

-- Ops that are set aside in like_refused: listed, tried again, dropped. How rows are looked up: 30_merge.sql.

-- One page of the ops that are set aside and still matter, by pair, of one post or session where given:
-- [[post, session, op, sqlstate, message, refused at (ISO 8601)]]. An op does not matter any more once its pair has a
-- greater one, or its post is gone.
create or replace function public.onecount_refused(
  p_post {{type.post}}, p_session {{type.session}}, p_after_post {{type.post}}, p_after_session {{type.session}}, p_limit integer
) returns json
language sql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
  select coalesce(json_agg(json_build_array(
           {{json post_id}}, session_id, op, sqlstate, message,
           to_char(refused_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), '[]')
  from (
    select r.* from public.like_refused r
     where (r.post_id, r.session_id) > (
             coalesce(p_after_post, p_post, {{first}}), coalesce(p_after_session, {{none}}))
       and r.post_id <= coalesce(p_post, {{last r.post_id}})
       and (p_session is null or r.session_id = p_session)
       and exists (select from public.posts_new p where p.{{post.id}} >= r.post_id and p.{{post.id}} <= r.post_id order by p.{{post.id}} limit 1)
       and r.op > greatest(
         (select o.{{row.op}} from public.post_ratings o
              where {{row.post of o}} = any (array[r.post_id]) and o.{{row.session}} >= r.session_id and o.{{row.session}} <= r.session_id
              order by {{row.post of o}}, o.{{row.session}} limit 1),
         (select o.op from public.like_tombstones o
              where o.post_id = any (array[r.post_id]) and o.session_id >= r.session_id and o.session_id <= r.session_id
              order by o.post_id, o.session_id limit 1),
         0
       )
     order by r.post_id, r.session_id
     limit p_limit
  ) page;
$$;

-- Tries ops again that are set aside, each with its own op: exactly those that are given. What lands is noted in the
-- log. Answers how many {landed, refused} there are; one that does not matter any more counts as neither, and is
-- dropped.
create or replace function public.onecount_retry_refused(p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[])
returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_posts {{type.post}}[]; v_sessions {{type.session}}[]; v_ops bigint[];
  v_new boolean[];
  v_refused json;
begin
  perform public.onecount_lock(p_posts);
  -- What another one has resolved meanwhile is not there any more.
  with given as materialized (
    select r.tid from unnest(p_posts, p_sessions, p_ops) as e (post_id, session_id, op)
      cross join lateral (
        select ctid as tid, op from public.like_refused
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1
      ) r
     where r.op = e.op
  ), resolved as (
    delete from public.like_refused r using given g where r.ctid = g.tid
    returning r.post_id, r.session_id, r.op
  )
  select array_agg(post_id), array_agg(session_id), array_agg(op) into v_posts, v_sessions, v_ops from resolved;
  if v_posts is null then
    return json_build_object('landed', 0, 'refused', 0);
  end if;
  v_new := public.onecount_are_new(v_posts, v_sessions, v_ops);
  v_refused := public.onecount_merge_sparing(v_posts, v_sessions, v_ops, null, 0, null, null) -> 'refused';
  perform public.onecount_set_aside(v_posts, v_sessions, v_ops, v_refused);
  return json_build_object(
    'landed', (select count(*) from unnest(v_new) n where n) - json_array_length(v_refused),
    'refused', json_array_length(v_refused)
  );
end $$;

-- Drops ops that are set aside: exactly those that are given. \`p_drop\` is true; onecount_retry_refused tries them again.
create or replace function public.onecount_resolve_refused(
  p_posts {{type.post}}[], p_sessions {{type.session}}[], p_ops bigint[], p_drop boolean
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if p_drop is not true then
    raise exception 'onecount_resolve_refused only drops: use onecount_retry_refused';
  end if;
  with given as materialized (
    select r.tid
      from (
        select * from unnest(p_posts, p_sessions, p_ops) as e (post_id, session_id, op) order by post_id, session_id
      ) e
      cross join lateral (
        select ctid as tid, op from public.like_refused
         where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
         order by post_id, session_id limit 1 for update
      ) r
     where r.op = e.op
  )
  delete from public.like_refused r using given g where r.ctid = g.tid;
  return json_build_object('landed', 0, 'refused', 0);
end $$;

-- Reads: one indexed look-up for each post, pair or op that is answered, whatever the number of likes. How rows are looked
-- up: 30_merge.sql.

-- Posts as Postgres has them, with ops that Redis has not been told: [{post, count, rev, liked, op}], without the posts
-- that do not exist; \`op\` is the session's newest one, 0 when it has none. Without a session (null) every op is 0.
create or replace function public.onecount_peek(p_posts {{type.post}}[], p_session {{type.session}}) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
             'post', {{json p.id}}, 'count', greatest(p.likes, greatest(r.op, t.op, 0) % 2), 'rev', p.likes_rev,
             'liked', greatest(r.op, t.op, 0) % 2 = 1, 'op', greatest(r.op, t.op, 0)
           )), '[]')
      from (select distinct id from unnest(p_posts) as e (id)) e
      cross join lateral (
        select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p
      left join lateral (
        select {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.id]) and {{row.session}} >= p_session and {{row.session}} <= p_session
           and p_session is not null
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select op from public.like_tombstones
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
           and p_session is not null
         order by post_id, session_id limit 1
      ) t on true
  );
end $$;

-- A snapshot for hydration, of one moment and as of the cut: without ops that no batch has told. {receipt, posts: [[post,
-- likes, rev]], session: {extent: 'all', ops: [[post, op]]}}, without the posts that do not exist. \`receipt\` is ''
-- before the first batch of the partition. The session's ops are all that it has in the partition; of one with more
-- than \`p_most\`, those on \`p_pairs\`, and the extent is 'some'. It is 'some' too while Redis has not been told of a post
-- that was removed: its ratings are gone, and were there at the cut. A null session: session is null.
create or replace function public.onecount_hydrate(
  p_partition integer, p_posts {{type.post}}[], p_session {{type.session}}, p_pairs {{type.post}}[], p_most integer
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant {{type.post}} := {{first}};
  v_partitions integer := (select partitions from public.like_settings);
  v_count integer;
  v_ops json;
begin
  if p_session is not null then
    select count(*), coalesce(json_agg(json_build_array({{json post_id}}, op)), '[]') into v_count, v_ops
      from (
        select o.post_id, coalesce(l.prev, o.op) as op
          from (
            (select {{row.post as post_id}}, {{row.op as op}} from public.post_ratings
              where ({{row.session}}, {{row.post}}) >= (p_session, NIL) and {{row.session}} <= p_session{{#variants}} and {{row.counted}}{{/variants}} order by {{row.session}}, {{row.post}})
            union all
            (select post_id, op from public.like_tombstones
              where (session_id, post_id) >= (p_session, NIL) and session_id <= p_session order by session_id, post_id)
          ) o
          left join lateral (
            select prev from public.like_log
             where post_id = any (array[o.post_id]) and session_id >= p_session and session_id <= p_session
               and nonce is null
             order by post_id, session_id, id limit 1
          ) l on true
         where (v_partitions = 1 or public.onecount_partition_of(o.post_id, v_partitions) = p_partition)
           and coalesce(l.prev, o.op) > 0
         limit p_most + 1
      ) held;
  end if;
  if v_count > p_most then
    select coalesce(json_agg(json_build_array({{json e.id}}, coalesce(l.prev, greatest(r.op, t.op)))), '[]') into v_ops
      from (select distinct id from unnest(p_pairs) as e (id)) e
      left join lateral (
        select {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[e.id]) and {{row.session}} >= p_session and {{row.session}} <= p_session
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
      left join lateral (
        select op from public.like_tombstones
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session
         order by post_id, session_id limit 1
      ) t on true
      left join lateral (
        select prev from public.like_log
         where post_id = any (array[e.id]) and session_id >= p_session and session_id <= p_session and nonce is null
         order by post_id, session_id, id limit 1
      ) l on true
     where coalesce(l.prev, greatest(r.op, t.op)) > 0;
  end if;
  return json_build_object(
    'receipt', coalesce((select nonce from public.like_receipt where partition = p_partition), ''),
    'posts', (
      select coalesce(json_agg(json_build_array(
               {{json p.id}}, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0), p.likes_rev)), '[]')
        from (select distinct id from unnest(p_posts) as e (id)) e
        cross join lateral (
          select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
        ) p
        left join lateral (
          select change from public.like_log_sums where post_id >= e.id and post_id <= e.id order by post_id limit 1
        ) s on true
    ),
    'session', case when p_session is not null then json_build_object(
      'extent', case
        when v_count > p_most or exists (
          select from public.like_log
           where partition >= p_partition and partition <= p_partition and nonce is null and session_id = {{none}}
        ) then 'some' else 'all' end,
      'ops', v_ops
    ) end
  );
end $$;

-- The same for many sessions at once: {receipt, posts, sessions: [[session, extent, [[post, op]]]]}, a session once. Of one
-- with more than \`p_most\` ops those on its own pairs are told, p_pairs of p_pair_sessions.
create or replace function public.onecount_hydrate_many(
  p_partition integer, p_posts {{type.post}}[], p_sessions {{type.session}}[],
  p_pair_sessions {{type.session}}[], p_pairs {{type.post}}[], p_most integer
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant {{type.post}} := {{first}};
  v_partitions integer := (select partitions from public.like_settings);
  v_is_forgotten boolean := exists (
    select from public.like_log
     where partition >= p_partition and partition <= p_partition and nonce is null and session_id = {{none}}
  );
begin
  return json_build_object(
    'receipt', coalesce((select nonce from public.like_receipt where partition = p_partition), ''),
    'posts', (
      select coalesce(json_agg(json_build_array(
               {{json p.id}}, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0), p.likes_rev)), '[]')
        from (select distinct id from unnest(p_posts) as e (id)) e
        cross join lateral (
          select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
        ) p
        left join lateral (
          select change from public.like_log_sums where post_id >= e.id and post_id <= e.id order by post_id limit 1
        ) s on true
    ),
    'sessions', (
      select coalesce(json_agg(json_build_array(
               w.session_id, case when held.count > p_most or v_is_forgotten then 'some' else 'all' end,
               case when held.count <= p_most then held.ops else (
                 select coalesce(json_agg(json_build_array({{json e.id}}, coalesce(l.prev, greatest(r.op, t.op)))), '[]')
                   from (
                     select distinct id from unnest(p_pairs, p_pair_sessions) as e (id, session_id)
                      where e.session_id = w.session_id
                   ) e
                   left join lateral (
                     select {{row.op as op}} from public.post_ratings
                      where {{row.post}} = any (array[e.id]) and {{row.session}} >= w.session_id and {{row.session}} <= w.session_id
                      order by {{row.post}}, {{row.session}} limit 1
                   ) r on true
                   left join lateral (
                     select op from public.like_tombstones
                      where post_id = any (array[e.id]) and session_id >= w.session_id and session_id <= w.session_id
                      order by post_id, session_id limit 1
                   ) t on true
                   left join lateral (
                     select prev from public.like_log
                      where post_id = any (array[e.id]) and session_id >= w.session_id and session_id <= w.session_id
                        and nonce is null
                      order by post_id, session_id, id limit 1
                   ) l on true
                  where coalesce(l.prev, greatest(r.op, t.op)) > 0
               ) end)), '[]')
        from (select distinct session_id from unnest(p_sessions) as w (session_id)) w
        cross join lateral (
          select count(*) as count, coalesce(json_agg(json_build_array({{json post_id}}, op)), '[]') as ops
            from (
              select o.post_id, coalesce(l.prev, o.op) as op
                from (
                  (select {{row.post as post_id}}, {{row.op as op}} from public.post_ratings
                    where ({{row.session}}, {{row.post}}) >= (w.session_id, NIL) and {{row.session}} <= w.session_id{{#variants}} and {{row.counted}}{{/variants}} order by {{row.session}}, {{row.post}})
                  union all
                  (select post_id, op from public.like_tombstones
                    where (session_id, post_id) >= (w.session_id, NIL) and session_id <= w.session_id order by session_id, post_id)
                ) o
                left join lateral (
                  select prev from public.like_log
                   where post_id = any (array[o.post_id]) and session_id >= w.session_id and session_id <= w.session_id
                     and nonce is null
                   order by post_id, session_id, id limit 1
                ) l on true
               where (v_partitions = 1 or public.onecount_partition_of(o.post_id, v_partitions) = p_partition)
                 and coalesce(l.prev, o.op) > 0
               limit p_most + 1
            ) told
        ) held
    )
  );
end $$;

-- One keyset page of all posts by id: [{post, likes, rev, ratings}]; \`ratings\` is the number of rows. The first page
-- begins after the smallest id that there can be, so that every page is a range of the primary key.
create or replace function public.onecount_posts(p_after {{type.post}}, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_object(
      'post', {{json p.id}}, 'likes', greatest(p.likes, r.n), 'rev', p.likes_rev, 'ratings', r.n
    )), '[]')
    from (
      select {{post.id as id}}, {{post.likes as likes}}, {{post.rev as likes_rev}} from public.posts_new
       where {{post.id}} > coalesce(p_after, {{first}})
       order by {{post.id}} limit p_limit
    ) p
    cross join lateral (
      select count(*) as n from (
        select from public.post_ratings where {{row.post}} >= p.id and {{row.post}} <= p.id order by {{row.post}}, {{row.session}}
      ) r
    ) r
  );
end $$;

-- One keyset page of all posts by id: [[post, likes]], a range of the primary key whatever the statistics say.
create or replace function public.onecount_likes(p_after {{type.post}}, p_limit integer) returns json
language sql stable
set search_path = '' set jit = off set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
  select coalesce(json_agg(json_build_array({{json id}}, greatest(likes, 0))), '[]')
  from (
    select {{post.id as id}}, {{post.likes as likes}} from public.posts_new
     where {{post.id}} > coalesce(p_after, {{first}})
     order by {{post.id}}
     limit p_limit
  ) page;
$$;

-- Of posts with equal counts the one with the greater id comes first: the order in which Redis lists them, where an id
-- is text.

-- The most liked posts as Postgres knows them: [[post, likes]]. Reads every post once, as there is no index on likes
-- (decision 021): callers share an answer for a while.
create or replace function public.onecount_ranking(p_limit integer) returns json
language sql stable set search_path = '' set jit = off as $$
  select coalesce(json_agg(json_build_array({{json id}}, greatest(likes, 0))), '[]')
  from (select {{post.id as id}}, {{post.likes as likes}} from public.posts_new order by {{post.likes}} desc nulls last, {{bytes post.id}} desc limit p_limit) top;
$$;

-- One keyset page of the likes of a session, by post: [[post, op]].
create or replace function public.onecount_session(p_session {{type.session}}, p_after {{type.post}}, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_array({{json post_id}}, op)), '[]')
      from (
        select {{row.post as post_id}}, {{row.op as op}} from public.post_ratings
         where ({{row.session}}, {{row.post}}) > (p_session, coalesce(p_after, {{first}}))
           and {{row.session}} <= p_session{{#variants}} and {{row.counted}}{{/variants}}
         order by {{row.session}}, {{row.post}} limit p_limit
      ) page
  );
end $$;

-- One page of ratings, by post and session, after the pair given: [[post, session, op]]; an empty page is the end.
create or replace function public.onecount_ratings(p_after_post {{type.post}}, p_after_session {{type.session}}, p_limit integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    select coalesce(json_agg(json_build_array({{json post_id}}, session_id, op)), '[]') from (
      select {{row.post as post_id}}, {{row.session as session_id}}, {{row.op as op}} from public.post_ratings
       where ({{row.post}}, {{row.session}})
             > (coalesce(p_after_post, {{first}}), coalesce(p_after_session, {{none}})){{#variants}} and {{row.counted}}{{/variants}}
       order by {{row.post}}, {{row.session}} limit p_limit
    ) r
  );
end $$;

-- Removes a post with all that is known of it; false when there is none.
create or replace function public.onecount_remove_post(p_post {{type.post}}) returns boolean
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
{{#column}}
declare
  v_post tid;
  v_part oid;
{{/column}}
begin
{{#column}}
  select ctid, tableoid into v_post, v_part from public.posts_new
   where {{post.id}} >= p_post and {{post.id}} <= p_post order by {{post.id}} limit 1 for update;
  if not found then
    return false;
  end if;
  -- There is no count that its rows could be taken from.
  perform set_config('onecount.applying', 'on', true);
  delete from public.posts_new where ctid = v_post and tableoid = v_part;
  perform set_config('onecount.applying', '', true);
  return true;
{{/column}}
{{#table}}
  -- The count goes with the row that it belongs to{{#variants}}, and all of its variants with it{{/variants}}.
  perform set_config('onecount.applying', 'on', true);
  delete from {{content}} where {{content.id}} = {{target p_post}};
  if not found then
    perform set_config('onecount.applying', '', true);
    return false;
  end if;
  perform set_config('onecount.applying', '', true);
  return true;
{{/table}}
end $$;

-- The receipt of a partition (null before its first batch) and the Redis it belongs to, how many partitions there are, how
-- many ops of this one no batch has told, counted up to 10,000, and how many are set aside, counted up to 1,000:
-- {receipt, owner, partitions, unseen, refused}.
create or replace function public.onecount_cut_status(p_partition integer) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return json_build_object(
    'receipt', (select nonce from public.like_receipt where partition = p_partition),
    'owner', (select owner from public.like_receipt where partition = p_partition),
    'partitions', (select partitions from public.like_settings),
    'unseen', (
      select count(*) from (
        select from public.like_log
         where partition >= p_partition and partition <= p_partition and nonce is null
         order by partition, id limit 10000
      ) l
    ),
    'refused', json_array_length(public.onecount_refused(null, null, null, null, 1000))
  );
end $$;

-- What the functions of the version before note for their Redis is noted in the log too, so that Redis is told
-- whichever version drains. What the pair was before is not known here: the op counts as seen. A post is to be
-- forgotten once, however often that is noted before Redis is told; as one that was removed, if it was.
--
-- The note that is there already is locked, so that no batch tells it before this transaction ends. One that another
-- transaction holds is as good as told, and there is another one then: Redis may forget a post twice.
create or replace function public.onecount_log_unseen() returns trigger
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  -- Before any row of the log: what changes the settings waits for those rows.
  v_partitions integer := public.onecount_partitions();
begin
  if v_partitions is null then
    return null;
  end if;
  if new.session_id = {{none}} then
    new.op := new.op % 2;
    perform from public.like_log
      where post_id = any (array[new.post_id]) and session_id >= {{none}} and session_id <= {{none}} and nonce is null
        and op >= new.op
      order by post_id, session_id, id limit 1 for update skip locked;
    if found then
      return null;
    end if;
  end if;
  insert into public.like_log (partition, post_id, session_id, op, prev)
  values (public.onecount_partition_of(new.post_id, v_partitions), new.post_id, new.session_id, new.op, new.op);
  return null;
end $$;

-- Edits by hand, in the log too. How rows are looked up: 30_merge.sql. A post that was removed, and likes that were set
-- or repaired, come through like_unseen and its trigger.

-- Rows of post_ratings that came, went or changed in one statement by hand: once for the statement, however many rows.
-- A row that came counts once more, one that went once less, as of now: its op beats whatever Redis has seen of the
-- pair. Rows that go with their post, or that the engine writes, are none of this.
create or replace function public.onecount_rated_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_custom_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_partitions integer := public.onecount_partitions();
  -- \`went\` and \`came\` are pairs; \`kept\` are those whose op was changed, \`prev\` is the op before.
  v_rows text := case tg_op
    when 'INSERT' then $rows$
      with went as (select null::{{type.post}} as post_id, null::{{type.session}} as session_id, null::bigint as op where false),
           came as (select {{row.post as post_id}}, {{row.session as session_id}}, {{row.op as op}} from after),
           kept as (select *, op as prev from went)
    $rows$
    when 'DELETE' then $rows$
      with went as (select {{row.post as post_id}}, {{row.session as session_id}}, {{row.op as op}} from before),
           came as (select * from went where false),
           kept as (select *, op as prev from came)
    $rows$
    else $rows$
      with went as (
             select {{row.post of b as post_id}}, b.{{row.session as session_id}}, b.{{row.op as op}} from before b
               left join after a using ({{row.columns}}, {{row.session}}) where a.{{row.target}} is null),
           came as (
             select {{row.post of a as post_id}}, a.{{row.session as session_id}}, a.{{row.op as op}} from after a
               left join before b using ({{row.columns}}, {{row.session}}) where b.{{row.target}} is null),
           kept as (
             select {{row.post of a as post_id}}, a.{{row.session as session_id}}, greatest(a.{{row.op}}, b.{{row.op}}) as op, b.{{row.op}} as prev from after a
               join before b using ({{row.columns}}, {{row.session}}) where a.{{row.op}} <> b.{{row.op}})
    $rows$
  end;
  v_posts {{type.post}}[];
begin
  execute v_rows || $sql$
    select array_agg(post_id) from (
      select post_id from went union select post_id from came union select post_id from kept
    ) e
  $sql$ into v_posts;
  -- Posts that are gone are not among those that are locked.
  v_posts := array(
    select p.id from (select distinct id from unnest(v_posts) as e (id) order by id) e
      cross join lateral (
        select {{post.id as id}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1 for no key update
      ) p
  );
  if v_posts = '{}' then
    return null;
  end if;

  perform set_config('onecount.applying', 'on', true), set_config('onecount.logging', 'on', true);
  execute v_rows || $sql$, posts as materialized (
    select p.tid, p.part, e.id as post_id
      from unnest($1) as e (id)
      cross join lateral (
        select ctid as tid, tableoid as part from public.posts_new
         where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p
  ), lost as materialized (
    -- A pair that is there again was counted as one that came.
    select w.post_id, w.session_id, greatest(w.op + 1, 2 * $2) as op, w.op as prev, r.tid is not null as is_back
      from went w
      join posts p on p.post_id = w.post_id
      left join lateral (
        select ctid as tid from public.post_ratings
         where {{row.post}} = any (array[w.post_id]) and {{row.session}} >= w.session_id and {{row.session}} <= w.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r on true
  ), gained as materialized (
    select g.post_id, g.session_id, r.tid as rating, r.part as rating_part, r.op as current, t.tid as tombstone,
           case when g.is_new then greatest(g.op, t.op + 1, 2 * $2 + 1) else g.op end as op,
           case when g.is_new then coalesce(t.op, 0) else g.prev end as prev
      from (
        select post_id, session_id, op, 0 as prev, true as is_new from came
        union all select post_id, session_id, op, prev, false from kept
      ) g
      join posts p on p.post_id = g.post_id
      cross join lateral (
        select ctid as tid, tableoid as part, {{row.op as op}} from public.post_ratings
         where {{row.post}} = any (array[g.post_id]) and {{row.session}} >= g.session_id and {{row.session}} <= g.session_id
         order by {{row.post}}, {{row.session}} limit 1
      ) r
      left join lateral (
        select ctid as tid, op from public.like_tombstones
         where post_id = any (array[g.post_id]) and session_id >= g.session_id and session_id <= g.session_id
         order by post_id, session_id limit 1
      ) t on true
  ), buried as (
    insert into public.like_tombstones as t (post_id, session_id, op)
    select post_id, session_id, max(op) from lost where not is_back group by post_id, session_id
    on conflict (post_id, session_id) do update set op = greatest(t.op, excluded.op)
  ), revived as (
    delete from public.like_tombstones t using gained g where t.ctid = g.tombstone
  ), raised as (
    update public.post_ratings r set {{row.op}} = g.op from gained g
     where r.ctid = g.rating and r.tableoid = g.rating_part and g.current <> g.op
  ), changes as materialized (
    -- As onecount_session_or_all, without a call for each row.
    select post_id, op, prev,
           case when {{text session_id}} ~ '^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$' and not is_back then session_id else {{none}} end
             as session_id
      from (
        select post_id, session_id, op, prev, is_back from lost
        union all select post_id, session_id, op, prev, false from gained
      ) changed
  ), unseen as (
    insert into public.like_unseen as u (post_id, session_id, op)
    select post_id, session_id, max(op) from changes
     group by post_id, session_id
     order by post_id, session_id
    on conflict (post_id, session_id) do update set op = greatest(u.op, excluded.op)
  ), logged as (
    insert into public.like_log (partition, post_id, session_id, op, prev)
    select public.onecount_partition_of(post_id, $3), post_id, session_id,
           case when session_id <> {{none}} then max(op) else 0 end, case when session_id <> {{none}} then max(prev) else 0 end
      from changes where $3 is not null group by post_id, session_id
  ), summed as (
    insert into public.like_log_sums as s (post_id, change)
    select post_id, sum(op % 2 - prev % 2) from changes where session_id <> {{none}} and $3 is not null
     group by post_id having sum(op % 2 - prev % 2) <> 0
    on conflict (post_id) do update set change = s.change + excluded.change
  )
  update public.posts_new p
     set {{post.likes}} = p.{{post.likes}} + d.delta, {{post.rev}} = greatest(p.{{post.rev}} + 1, $2)
    from (
      select p.tid, p.part, sum(c.delta) as delta
        from (select post_id, -1 as delta from went union all select post_id, 1 from came) c
        join posts p on p.post_id = c.post_id
       group by p.tid, p.part
    ) d
   where p.ctid = d.tid and p.tableoid = d.part
  $sql$ using v_posts, v_now, v_partitions;
  perform set_config('onecount.applying', '', true), set_config('onecount.logging', '', true);
  return null;
end $$;

-- A post that was removed, or whose likes were set: Redis forgets it, and hydrates it anew where it still exists. Likes
-- that are set are likes of the cut at once; rows of the log for single ops stay. An odd op says that it was removed.
create or replace function public.onecount_post_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if tg_op = 'DELETE' then
    -- Before any row of the log: what changes the settings waits for those rows.
    perform public.onecount_partitions();
    delete from public.like_unseen where post_id = old.{{post.id}};
    delete from public.like_refused where post_id = old.{{post.id}};
    -- Rows that are locked are those that a drain deletes, which may wait for this post, or that it tells.
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log
       where post_id >= old.{{post.id}} and post_id <= old.{{post.id}} order by post_id, session_id, id for update skip locked
    ));
    delete from public.like_log_sums where ctid = any (array(
      select ctid from public.like_log_sums where post_id >= old.{{post.id}} and post_id <= old.{{post.id}} order by post_id limit 1
    ));
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.{{post.id}}, {{none}},
          2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + (tg_op = 'DELETE')::integer)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return null;
end $$;

-- Readers take the greater revision, so likes that were set by hand need one. There are at least as many as rows
-- (invariant 1), so the rows need to be counted only where likes became less.
create or replace function public.onecount_revise_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if new.{{post.likes}} < old.{{post.likes}} then
    new.{{post.likes}} := greatest(new.{{post.likes}}, (
      select count(*) from (
        select from public.post_ratings where {{row.post}} >= new.{{post.id}} and {{row.post}} <= new.{{post.id}} order by {{row.post}}, {{row.session}}
      ) r
    ));
  end if;
  new.{{post.rev}} := greatest(old.{{post.rev}} + 1, floor(extract(epoch from clock_timestamp()) * 1000000)::bigint);
  return new;
end $$;

-- The rows of a post that is removed go by foreign keys, whose plans Postgres makes: for the length of the statement
-- they are made anew, by the size that the tables have now.
create or replace function public.onecount_plan_removal() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_when = 'BEFORE' then
    perform set_config('onecount.plans',
                       current_setting('enable_seqscan') || ' ' || current_setting('plan_cache_mode'), true),
            set_config('enable_seqscan', 'off', true),
            set_config('plan_cache_mode', 'force_custom_plan', true);
  else
    perform set_config('enable_seqscan', split_part(current_setting('onecount.plans'), ' ', 1), true),
            set_config('plan_cache_mode', split_part(current_setting('onecount.plans'), ' ', 2), true);
  end if;
  return null;
end $$;

-- No trigger sees the rows that a TRUNCATE removes, so the counts would stay.
create or replace function public.onecount_refuse_truncate() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'post_ratings cannot be truncated: the counts would not follow'
    using hint = 'Use: delete from post_ratings. Or set onecount.applying to on in this transaction, and run '
      'npx onecount reconcile afterwards.';
end $$;

-- Values that no engine has written: those of before onecount, and those of an application's own code. These triggers
-- make later writes sound; 70_repair.sql repairs rows that exist already.
--
-- Sound is: likes are there, not negative and not less than the rows of the post; a revision and an op are positive and
-- at most 5 seconds ahead of now (as far as an op of a browser may be), the op of a rating is odd; a rating has a
-- session.

-- A rating that an application writes with an op of its own. One that is inserted counts as of now unless its op is
-- sound; an update keeps its parity, so that the constraint can refuse an op that does not like.
create or replace function public.onecount_sound_rating() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  new.{{row.session}} := coalesce(new.{{row.session}}, gen_random_uuid(){{actor.cast}});
  if new.{{row.op}} is null or new.{{row.op}} > 2 * (v_now + 5000000) + 1 or tg_op = 'INSERT' and (new.{{row.op}} < 3 or new.{{row.op}} % 2 = 0) then
    new.{{row.op}} := 2 * v_now + 1;
  end if;
  return new;
end $$;

-- Likes that are missing or negative become as many as there are rows. Fires for the engine's own statements too, where
-- likes of a post that was not repaired yet would fall below 0.
create or replace function public.onecount_clamp_likes() returns trigger
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
begin
  new.{{post.likes}} := (
    select count(*) from (
      select from public.post_ratings where {{row.post}} >= new.{{post.id}} and {{row.post}} <= new.{{post.id}} order by {{row.post}}, {{row.session}}
    ) r
  );
  return new;
end $$;

-- Likes that were missing and are set by hand: the triggers for edits by hand compare with the value before, and there
-- is none.
create or replace function public.onecount_first_likes() returns trigger
language plpgsql security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
begin
  new.{{post.likes}} := greatest(new.{{post.likes}}, (
    select count(*) from (
      select from public.post_ratings where {{row.post}} >= new.{{post.id}} and {{row.post}} <= new.{{post.id}} order by {{row.post}}, {{row.session}}
    ) r
  ));
  new.{{post.rev}} := greatest(old.{{post.rev}} + 1, v_now);
  insert into public.like_unseen as u (post_id, session_id, op) values (old.{{post.id}}, {{none}}, 2 * v_now)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return new;
end $$;

-- Whatever policies an application has for editing posts: only the server sets their counts.
create or replace function public.onecount_guard_counts() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'likes are counted by the server: they cannot be set'
    using errcode = 'insufficient_privilege';
end $$;

-- A target that was given another id: its rows go with it, their ops and tombstones, its count, and its refused ops.
-- Redis forgets the old id, and is told of every pair of the new one, with the op that it had. Likes of the new id are
-- likes of the cut at once.
--
-- It moves the rows before the foreign key of the application does (65_triggers.sql): rows that a cascade moves are edits
-- by hand, and would be counted for the new id once more. Where that key lets no id change that has rows, they stay, and
-- the key refuses the statement as it did before onecount. Rows that have the new id already were moved by the
-- application, which took them off the count of the old one.
create or replace function public.onecount_renamed() returns trigger
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_custom_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_partitions integer := public.onecount_partitions();
  v_applying text := coalesce(current_setting('onecount.applying', true), '');
{{#plain}}
  v_old {{type.post}}[] := array[old.{{content.id}}];
  v_new {{type.post}}[] := array[new.{{content.id}}];
{{/plain}}
{{#variants}}
  v_old text[] := array(
    select p.id from public.posts_new p where p.target = old.{{content.id}} order by p.target, p.id);
  v_new text[] := array(
    select new.{{content.id}}::text || '{{separator}}' || split_part(id, '{{separator}}', 2)
      from unnest(v_old) with ordinality as e (id, n) order by n);
{{/variants}}
  v_there bigint[];
begin
  perform set_config('onecount.applying', 'on', true);
  v_there := array(
    select (
      select count(*) from (
        select from public.post_ratings r
         where {{row.post of r}} >= e.id and {{row.post of r}} <= e.id order by {{row.post of r}}, r.{{row.session}}
      ) r
    ) from unnest(v_new) with ordinality as e (id, n) order by n);
{{#table}}
{{#plain}}
  insert into public.posts_new (id, likes, likes_rev)
  select e.new, p.likes + e.there, greatest(p.likes_rev + 1, v_now)
    from unnest(v_old, v_new, v_there) as e (old, new, there)
    join public.posts_new p on p.id = e.old;
{{/plain}}
{{#variants}}
  insert into public.posts_new (id, target, variant, likes, likes_rev)
  select e.new, new.{{content.id}}, p.variant, p.likes + e.there, greatest(p.likes_rev + 1, v_now)
    from unnest(v_old, v_new, v_there) as e (old, new, there)
    join public.posts_new p on p.id = e.old;
{{/variants}}
{{/table}}
  if not exists (
    select from pg_catalog.pg_constraint f join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
     where f.conrelid = 'public.post_ratings'::regclass and f.contype = 'f' and f.confrelid = tg_relid
       and pg_catalog.cardinality(f.conkey) = 1 and a.attname = '{{name row.target}}'
       and (f.confupdtype = 'r' or f.confupdtype = 'a' and not f.condeferrable)
  ) then
    update public.post_ratings r set {{row.target}} = new.{{content.id}} where r.{{row.target}} = old.{{content.id}};
  end if;
  update public.like_tombstones t set post_id = e.new
    from unnest(v_old, v_new) as e (old, new)
   where t.post_id = e.old and not exists (
     select from public.post_ratings r where {{row.post of r}} = e.new and r.{{row.session}} = t.session_id);
  delete from public.like_tombstones where post_id = any (v_old);
  delete from public.like_refused where post_id = any (v_new);
  update public.like_refused r set post_id = e.new from unnest(v_old, v_new) as e (old, new) where r.post_id = e.old;
{{#column}}
  update public.posts_new p
     set {{post.likes}} = greatest(p.{{post.likes}} + v_there[1], (
           select count(*) from (
             select from public.post_ratings r
              where {{row.post of r}} >= new.{{post.id}} and {{row.post of r}} <= new.{{post.id}} order by {{row.post of r}}, r.{{row.session}}
           ) r
         )),
         {{post.rev}} = greatest(p.{{post.rev}} + 1, v_now)
   where p.{{post.id}} = new.{{post.id}};
  -- As of a post that was removed. Rows of the log that are locked are those that a drain deletes, which may wait for
  -- this post.
  delete from public.like_unseen where post_id = old.{{post.id}};
  delete from public.like_log where ctid = any (array(
    select ctid from public.like_log
     where post_id >= old.{{post.id}} and post_id <= old.{{post.id}} order by post_id, session_id, id for update skip locked
  ));
  delete from public.like_log_sums where post_id = old.{{post.id}};
  insert into public.like_unseen (post_id, session_id, op) values (old.{{post.id}}, {{none}}, 2 * v_now + 1);
{{/column}}
{{#table}}
  -- Its trigger makes Redis forget it.
  delete from public.posts_new p using unnest(v_old) as e (id) where p.id = e.id;
{{/table}}
  insert into public.like_log (partition, post_id, session_id, op, prev)
  select public.onecount_partition_of(c.post_id, v_partitions), c.post_id, c.session_id, c.op, c.op
    from (
      select o.post_id, public.onecount_session_or_all(o.session_id) as session_id,
             max(case when public.onecount_session_or_all(o.session_id) = {{none}} then 0 else o.op end) as op
        from (
          select e.id as post_id, r.session_id, r.op
            from unnest(v_new) as e (id)
            cross join lateral (
              select r.{{row.session as session_id}}, r.{{row.op as op}} from public.post_ratings r
               where {{row.post of r}} >= e.id and {{row.post of r}} <= e.id order by {{row.post of r}}, r.{{row.session}}
            ) r
          union all
          select t.post_id, t.session_id, t.op from public.like_tombstones t where t.post_id = any (v_new)
        ) o
       group by 1, 2
    ) c
   where v_partitions is not null;
  perform set_config('onecount.applying', v_applying, true);
  return null;
end $$;

-- A row that moves to another partition of its table is deleted and inserted: no trigger is told which one it was.
create or replace function public.onecount_refuse_rename() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception '% of % cannot be changed: the table is partitioned by it, and the likes would not follow',
      '{{name content.id}}', '{{content}}'
    using hint = 'Insert the row anew with its new id and only the likes that have no row, set {{name row.target}} of its rows in {{rows}} to it, then delete the old one.';
end $$;

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

-- Triggers fire in the order of their names, capitals first: this one before \`RI_ConstraintTrigger_…\`, as PostgreSQL names
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
    where tgrelid = '{{content}}'::regclass and tgname like '%\\_removal\\_begins' and tgname <> 'onecount_removal_begins'
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

-- Repairs one page of posts by id, after \`p_after\` and up to \`p_until\`: {last, posts, likesMissing, likesNegative,
-- likesBelowRatings, revisions}, each a number of posts but \`last\`, the last post looked at, null when there was none.
-- A page ends early after about a second, or 50 milliseconds after the first post that it locks. Redis forgets the
-- posts that are repaired. With p_dry_run nothing is written. A post is written only if it is as it was when its rows
-- were counted, so that counting a large post holds no lock; one that changes every time is locked.
create or replace function public.onecount_repair_posts(
  p_after {{type.post}}, p_until {{type.post}}, p_limit integer, p_dry_run boolean
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
declare
  v_until timestamptz := clock_timestamp() + interval '1 second';
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_newest bigint := v_now + 5000000;
  v_page record;
  v_post record;
  v_repaired {{type.post}}[] := '{}';
  v_last {{type.post}};
  v_posts integer := 0;
  v_missing integer := 0;
  v_negative integer := 0;
  v_below integer := 0;
  v_revisions integer := 0;
begin
  perform set_config('onecount.applying', 'on', true);
  for v_page in
    select p.{{post.id as id}}, p.{{post.likes as likes}}, p.{{post.rev as likes_rev}}, (
      select count(*) from (
        select from public.post_ratings where {{row.post}} >= p.{{post.id}} and {{row.post}} <= p.{{post.id}} order by {{row.post}}, {{row.session}}
      ) r
    ) as ratings
      from public.posts_new p
     where p.{{post.id}} > coalesce(p_after, {{first}})
       and p.{{post.id}} <= coalesce(p_until, {{last p.post.id}})
     order by p.{{post.id}}
     limit p_limit
  loop
    v_post := v_page;
    for v_attempt in 1..4 loop
      exit when v_post.likes >= v_post.ratings and v_post.likes_rev between 0 and v_newest;
      if not p_dry_run then
        update public.posts_new
           set {{post.likes}} = greatest(v_post.likes, v_post.ratings),
               {{post.rev}} = case when v_post.likes_rev between 0 and v_newest then greatest(v_post.likes_rev + 1, v_now)
                                else v_now end
         where {{post.id}} = v_post.id and {{post.likes}} is not distinct from v_post.likes
           and {{post.rev}} is not distinct from v_post.likes_rev;
        if not found then
          if v_attempt = 3 then
            perform from public.posts_new where {{post.id}} = v_page.id for no key update;
          end if;
          select p.{{post.id as id}}, p.{{post.likes as likes}}, p.{{post.rev as likes_rev}}, (
            select count(*) from (
              select from public.post_ratings where {{row.post}} >= p.{{post.id}} and {{row.post}} <= p.{{post.id}} order by {{row.post}}, {{row.session}}
            ) r
          ) as ratings
            into v_post
            from public.posts_new p where p.{{post.id}} = v_page.id;
          -- Gone: there is nothing left to repair.
          exit when not found;
          continue;
        end if;
        if v_repaired = '{}' then
          v_until := least(v_until, clock_timestamp() + interval '50 milliseconds');
        end if;
        v_repaired := v_repaired || v_post.id;
      end if;
      if v_post.likes is null then v_missing := v_missing + 1;
      elsif v_post.likes < 0 then v_negative := v_negative + 1;
      elsif v_post.likes < v_post.ratings then v_below := v_below + 1;
      end if;
      if (v_post.likes_rev between 0 and v_newest) is not true then v_revisions := v_revisions + 1; end if;
      exit;
    end loop;
    v_last := v_page.id;
    v_posts := v_posts + 1;
    exit when clock_timestamp() > v_until;
  end loop;
  insert into public.like_unseen as u (post_id, session_id, op)
  select id, {{none}}, 2 * v_now from unnest(v_repaired) as r (id) order by id
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  perform set_config('onecount.applying', '', true);
  return json_build_object(
    'last', {{json v_last}}, 'posts', v_posts, 'likesMissing', v_missing, 'likesNegative', v_negative,
    'likesBelowRatings', v_below, 'revisions', v_revisions);
end $$;

-- Takes the lock on these posts, which is the lock on their pairs: every function of the engine takes it before it
-- looks up a row. Answers the posts that no other transaction holds just now, and those that do not exist, whose rows
-- none locks.
create or replace function public.onecount_lock_posts(p_posts {{type.post}}[]) returns {{type.post}}[]
language sql set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
  select array(
    select e.id from (select distinct id from unnest(p_posts) as e (id)) e
      left join lateral (
        select {{post.id as id}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
      ) p on true
     where p.id is null
  ) || array(
    select p.id from (select distinct id from unnest(p_posts) as e (id)) e
      cross join lateral (
        select {{post.id as id}} from public.posts_new where {{post.id}} >= e.id and {{post.id}} <= e.id order by {{post.id}} limit 1
           for no key update skip locked
      ) p
  )
$$;

-- Repairs the ratings of \`p_blocks\` blocks of their table from block \`p_from\` on: {next, blocks, left, opsMissing,
-- opsInFuture, opsInvalid, sessionsMissing}, each a number of ratings but \`next\`, the block to go on with (null: that
-- was the end), and \`blocks\`, how many there are. At most \`p_limit\` rows are written; \`next\` is \`p_from\` again while
-- sound rows are left. Rows that another transaction holds are not waited for: \`left\` says that there were some. In the
-- order of the table: no index is read, and a row that is moved by its repair needs none.
create or replace function public.onecount_repair_ratings(
  p_from bigint, p_blocks integer, p_limit integer, p_dry_run boolean
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_newest bigint := 2 * (v_now + 5000000) + 1;
  v_low tid := format('(%s,0)', p_from);
  v_high tid := format('(%s,0)', p_from + p_blocks);
  v_blocks bigint := public.onecount_blocks('public.post_ratings');
  v_rows tid[];
  v_posts {{type.post}}[];
  v_left boolean := false;
  v_report json;
begin
  v_rows := array(
    select ctid from public.post_ratings
     where ctid >= v_low and ctid < v_high
       and ({{row.op}} is null or {{row.op}} < 3 or {{row.op}} % 2 = 0 or {{row.op}} > v_newest or {{row.session}} is null) and {{row.post}} is not null
     limit case when not p_dry_run then p_limit end);
  if not p_dry_run then
    v_posts := public.onecount_lock_posts(array(select {{row.post}} from public.post_ratings where ctid = any (v_rows)));
    v_rows := array(
      select ctid from public.post_ratings where ctid = any (v_rows) and {{row.post}} = any (v_posts)
         for update skip locked);
  end if;
  select json_build_object(
      'opsMissing', count(*) filter (where {{row.op}} is null),
      'opsInFuture', count(*) filter (where {{row.op}} > v_newest),
      'opsInvalid', count(*) filter (where {{row.op}} < 3 or {{row.op}} % 2 = 0 and {{row.op}} <= v_newest),
      'sessionsMissing', count(*) filter (where {{row.session}} is null))
    into v_report
    from public.post_ratings where ctid = any (v_rows);

  if not p_dry_run then
    perform set_config('onecount.applying', 'on', true);
    update public.post_ratings r
       set {{row.session}} = coalesce(r.{{row.session}}, gen_random_uuid(){{actor.cast}}),
           {{row.op}} = case when r.{{row.op}} between 3 and v_newest then r.{{row.op}} + (1 - r.{{row.op}} % 2)
                     else public.onecount_op_before(
                       (select p.{{post.rev}} from public.posts_new p where p.{{post.id}} = {{row.post of r}}), v_now) + 1 end
     where r.ctid = any (v_rows);
    perform set_config('onecount.applying', '', true);
    v_left := exists (
      select from public.post_ratings
       where ctid >= v_low and ctid < v_high
         and ({{row.op}} is null or {{row.op}} < 3 or {{row.op}} % 2 = 0 or {{row.op}} > v_newest or {{row.session}} is null) and {{row.post}} is not null
    );
  end if;
  return (v_report::jsonb || jsonb_build_object(
    'next', case when v_left then p_from when p_from + p_blocks < v_blocks then p_from + p_blocks end,
    'blocks', v_blocks,
    'left', v_left and cardinality(v_rows) < p_limit
  ))::json;
end $$;

-- The same for like_tombstones, and with its first block for like_unseen, which is short: {next, blocks, left,
-- bookkeeping, contradictions}. An op in the future there would bring the one of a rating back, or beat every press
-- until then. A pair that both likes a post and does not, which only a restore or an import can leave behind, likes it:
-- the rating is what was counted.
create or replace function public.onecount_repair_tombstones(
  p_from bigint, p_blocks integer, p_limit integer, p_dry_run boolean
) returns json
language plpgsql
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_newest bigint := 2 * (v_now + 5000000) + 1;
  v_low tid := format('(%s,0)', p_from);
  v_high tid := format('(%s,0)', p_from + p_blocks);
  v_blocks bigint := public.onecount_blocks('public.like_tombstones');
  v_limit integer := case when not p_dry_run then p_limit end;
  v_future tid[];
  v_unseen tid[];
  v_both tid[];
  v_posts {{type.post}}[];
  v_left boolean := false;
begin
  v_future := array(
    select ctid from public.like_tombstones where ctid >= v_low and ctid < v_high and op > v_newest limit v_limit);
  v_unseen := array(select ctid from public.like_unseen where p_from = 0 and op > v_newest limit v_limit);
  v_both := array(
    select t.ctid from public.like_tombstones t
      join public.post_ratings r on {{row.post of r}} = t.post_id and r.{{row.session}} = t.session_id
     where t.ctid >= v_low and t.ctid < v_high and t.op <= v_newest
     limit v_limit);
  if not p_dry_run then
    perform set_config('onecount.applying', 'on', true);
    v_posts := public.onecount_lock_posts(array(
      select post_id from public.like_tombstones where ctid = any (v_future || v_both)));
    v_future := array(
      select ctid from public.like_tombstones where ctid = any (v_future) and post_id = any (v_posts)
         for update skip locked);
    update public.like_tombstones t
       set op = public.onecount_op_before((select {{post.rev}} from public.posts_new where {{post.id}} = t.post_id), v_now)
     where ctid = any (v_future) and op > v_newest;
    v_unseen := array(select ctid from public.like_unseen where ctid = any (v_unseen) for update skip locked);
    update public.like_unseen u
       set op = public.onecount_op_before((select {{post.rev}} from public.posts_new where {{post.id}} = u.post_id), v_now) + op % 2
     where ctid = any (v_unseen) and op > v_newest;
    v_both := array(
      select t.ctid from public.like_tombstones t
        join public.post_ratings r on {{row.post of r}} = t.post_id and r.{{row.session}} = t.session_id
       where t.ctid = any (v_both) and t.post_id = any (v_posts) for update skip locked);
    with buried as (
      delete from public.like_tombstones where ctid = any (v_both) returning post_id, session_id, op
    )
    update public.post_ratings r set {{row.op}} = b.op + 1
      from buried b
     where {{row.post of r}} = b.post_id and r.{{row.session}} = b.session_id and r.{{row.op}} < b.op;
    perform set_config('onecount.applying', '', true);
    v_left := exists (
        select from public.like_tombstones where ctid >= v_low and ctid < v_high and op > v_newest)
      or exists (select from public.like_unseen where p_from = 0 and op > v_newest)
      or exists (
        select from public.like_tombstones t
          join public.post_ratings r on {{row.post of r}} = t.post_id and r.{{row.session}} = t.session_id
         where t.ctid >= v_low and t.ctid < v_high);
  end if;
  return json_build_object(
    'next', case when v_left then p_from when p_from + p_blocks < v_blocks then p_from + p_blocks end,
    'blocks', v_blocks,
    'left', v_left and greatest(cardinality(v_future), cardinality(v_unseen), cardinality(v_both)) < p_limit,
    'bookkeeping', cardinality(v_future) + cardinality(v_unseen),
    'contradictions', cardinality(v_both));
end $$;

-- Makes Postgres refuse the values that the repair has removed: puts the constraint of 0001 back where it was dropped, and
-- validates it, under a lock that stops neither readers nor writers. Answers whether it had to. Only the owner of the
-- tables may do that, so it runs as the owner of this function.
create or replace function public.onecount_repair_constraints(p_dry_run boolean) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_is_valid boolean := (
    select convalidated from pg_catalog.pg_constraint
     where conrelid = 'public.post_ratings'::regclass and conname = 'post_ratings_op_likes');
begin
  if v_is_valid or p_dry_run then
    return v_is_valid is not true;
  end if;
  if v_is_valid is null then
    alter table public.post_ratings add constraint post_ratings_op_likes check ({{row.op}} % 2 = 1) not valid;
  end if;
  alter table public.post_ratings validate constraint post_ratings_op_likes;
  return true;
end $$;

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
  alter table public.posts_new alter column {{post.likes}} type bigint;
  foreach v_text in array v_triggers loop
    execute v_text;
  end loop;
end $$;

-- A Redis that has not been told anything for this long, or of so many ops, is gone: nothing is logged for it any more,
-- and one that comes back finds that it has no history in common with Postgres. Answers whether that is so.
create or replace function public.onecount_end_logging(p_days integer, p_ops integer) returns boolean
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_partition integer;
  v_oldest timestamptz;
  v_is_long boolean;
begin
  for v_partition in select generate_series(0, partitions - 1) from public.like_settings where has_redis loop
    select at into v_oldest from public.like_log
      where partition >= v_partition and partition <= v_partition and nonce is null order by partition, id limit 1;
    perform from public.like_log
      where partition >= v_partition and partition <= v_partition and nonce is null
      order by partition, id offset p_ops limit 1;
    v_is_long := found;
    if v_is_long or v_oldest < now() - make_interval(days => p_days) then
      perform public.onecount_lock_settings();
      update public.like_settings set has_redis = false;
      update public.like_receipt set nonce = gen_random_uuid()::text;
      return true;
    end if;
  end loop;
  return false;
end $$;

-- Deletes, once an hour at most and for all callers together: unlikes from more than \`p_days\` ago, and log rows for a Redis
-- that is gone. Works for about a second. Answers whether there is more to do at once.
create or replace function public.onecount_prune(p_days integer) returns boolean
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  REDIS_DAYS constant integer := 7;
  REDIS_OPS constant integer := 1000000;
  PAGE constant integer := 1000;
  v_until timestamptz := clock_timestamp() + interval '1 second';
  v_before bigint := 2 * floor(extract(epoch from now() - make_interval(days => p_days)) * 1000000)::bigint;
  v_deleted integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('onecount_prune', 0))
     or (select pruned_at > now() - interval '1 hour' from public.like_settings) then
    return false;
  end if;
  perform public.onecount_end_logging(REDIS_DAYS, REDIS_OPS);
  loop
    delete from public.like_tombstones where ctid = any (array(
      select ctid from public.like_tombstones where op < v_before order by op limit PAGE for update skip locked
    ));
    get diagnostics v_deleted = row_count;
    if v_deleted < PAGE and not (select has_redis from public.like_settings) then
      delete from public.like_log where id in (select id from public.like_log order by id limit PAGE);
      get diagnostics v_deleted = row_count;
      if v_deleted < PAGE then
        delete from public.like_log_sums where post_id in (select post_id from public.like_log_sums order by post_id limit PAGE);
        get diagnostics v_deleted = row_count;
      end if;
    end if;
    if v_deleted < PAGE then
      update public.like_settings set pruned_at = now();
      return false;
    elsif clock_timestamp() > v_until then
      return true;
    end if;
  end loop;
end $$;

-- Functions that write the application's tables run its triggers, and these may name a table without its schema: they
-- find it in the schemas of the application. What these functions name themselves is qualified. A schema in which anybody
-- may create is left out, as an operator or a function there could come in the place of one of PostgreSQL's; \`pg_temp\`,
-- where every connection may create, would come first if it did not stand last.
for v_function in
  select oid::regprocedure from pg_proc
   where pronamespace = 'public'::regnamespace and proname in (
     'onecount_apply', 'onecount_merge', 'onecount_merge_whole', 'onecount_merge_sparing', 'onecount_refuses_every',
     'onecount_rated_by_hand', 'onecount_renamed', 'onecount_remove_post', 'onecount_repair_posts', 'onecount_repair_ratings',
     'onecount_repair_tombstones')
loop
  execute format('alter function %s set search_path = %s', v_function, (
    select string_agg(format('%I', s.name), ', ' order by s.n)
      from unnest(array[{{#elsewhere}}{{schema.texts}}, {{/elsewhere}}'public', 'extensions', 'pg_temp']) with ordinality s (name, n)
     where s.name = 'pg_temp' or to_regnamespace(quote_ident(s.name)) is not null and not exists (
       select from (values ('public'), ('anon'), ('authenticated')) r (name)
        where (r.name = 'public' or to_regrole(r.name) is not null)
          and has_schema_privilege(r.name, quote_ident(s.name)::regnamespace, 'create'))
  ));
end loop;

-- The bookkeeping and the functions are the server's alone (invariant 9).{{#mapped}} Who may read and write the
-- application's own tables is left as it is.{{/mapped}}
alter table public.like_tombstones enable row level security;
alter table public.like_unseen enable row level security;
alter table public.like_receipt enable row level security;
alter table public.like_refused enable row level security;
alter table public.like_settings enable row level security;
alter table public.like_log enable row level security;
alter table public.like_log_sums enable row level security;
{{#table}}
alter table public.posts_new enable row level security;
{{/table}}
{{#default}}
alter table public.post_ratings enable row level security;
{{/default}}

-- The roles of Supabase, where there are any.
for v_role in select 'public' union all select quote_ident(rolname) from pg_roles where rolname in ('anon', 'authenticated') loop
  execute 'revoke all on public.like_tombstones, public.like_unseen, public.like_receipt, public.like_refused,'
    ' public.like_settings, public.like_log, public.like_log_sums{{#table}}, public.posts_new{{/table}}{{#default}}, public.post_ratings{{/default}} from ' || v_role;
  for v_function in
    select p.oid::regprocedure from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname like '{{functions}}'
  loop
    execute format('revoke execute on function %s from %s', v_function, v_role);
  end loop;
end loop;
if to_regrole('service_role') is not null then
{{#elsewhere}}
  grant usage on schema {{schemas}} to service_role;
{{/elsewhere}}
  grant all on public.posts_new, public.post_ratings, public.like_tombstones, public.like_unseen, public.like_receipt,
    public.like_refused, public.like_settings, public.like_log, public.like_log_sums{{#table}}, {{content}}{{/table}}
    to service_role;
  for v_function in
    select p.oid::regprocedure from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.proname like '{{functions}}'
  loop
    execute format('grant execute on function %s to service_role', v_function);
  end loop;
{{#mapped}}
  -- A row takes its defaults from sequences, as of a bigserial: a right on the table does not include these.
  for v_found in
    select distinct s.oid::regclass as name
      from pg_attrdef a
      join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
      join pg_class s on s.oid = d.refobjid
     where a.adrelid = 'public.post_ratings'::regclass and pg_has_role(s.relowner, 'usage')
       and case when s.relkind = 'S' then not has_sequence_privilege('service_role', s.oid, 'usage') end
  loop
    execute format('grant usage on sequence %s to service_role', v_found.name);
  end loop;
{{/mapped}}
end if;

{{#private}}
-- Row level security does not cover delete events of Realtime: they would tell that something was pressed.
if exists (select from pg_publication where pubname = 'supabase_realtime' and puballtables) then
  raise warning 'supabase_realtime publishes every table, those of the private kind {{kind}} too'
    using hint = 'Publish tables by name.';
end if;

{{/private}}
{{#column}}
-- Realtime carries the targets with their counts, never the rows: row level security does not cover delete events.
-- PostgreSQL refuses updates of a published table whose rows it cannot name.
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  if not exists (
    select from pg_publication_rel pr join pg_publication p on p.oid = pr.prpubid
      where p.pubname = 'supabase_realtime' and pr.prrelid = 'public.posts_new'::regclass
  ) and not (select puballtables from pg_publication where pubname = 'supabase_realtime') then
    if exists (
      select from pg_class c
       where c.oid = 'public.posts_new'::regclass and (c.relreplident in ('f', 'i') or c.relreplident = 'd' and exists (
         select from pg_index where indrelid = c.oid and indisprimary))
    ) then
      alter publication supabase_realtime add table public.posts_new;
    else
      raise warning 'supabase_realtime does not publish posts_new, which has no primary key as its replica identity'
        using hint = 'Pages hear of counts by broadcast. Or give it a primary key, then apply this again.';
    end if;
  end if;
exception when insufficient_privilege then
  raise warning 'supabase_realtime does not publish posts_new: %', sqlerrm
    using hint = 'Pages hear of counts by broadcast. Or let a role apply this that may change the publication.';
end;
{{/column}}

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
`
