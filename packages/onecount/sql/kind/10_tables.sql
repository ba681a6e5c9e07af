-- The columns that onecount adds to the application's tables, and its own tables (docs/design.md section 3). Changes
-- nothing that is there already. Rows first, then their targets: in this order an insert of a row locks them, with its
-- foreign key.

{{#mapped}}
-- How the application's tables were before onecount, noted once, for `npx onecount uninstall`. A table that another
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
   where tgrelid = 'public.post_ratings'::regclass and not tgisinternal and tgname not like 'onecount\_%'
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

-- One row for each op that Postgres accepted without Redis. `prev` is the op of the pair before, 0 for none. `nonce` names
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
