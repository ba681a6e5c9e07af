-- Refuses a mapping that does not fit the application's tables, before anything is changed.

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
       where g.tgrelid = a.attrelid and not g.tgisinternal and g.tgname not like 'onecount\_%' and g.tgenabled in ('O', 'A')
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
