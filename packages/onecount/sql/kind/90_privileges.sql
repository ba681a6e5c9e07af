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
