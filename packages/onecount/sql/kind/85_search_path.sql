-- Functions that write the application's tables run its triggers, and these may name a table without its schema: they
-- find it in the schemas of the application. What these functions name themselves is qualified. A schema in which anybody
-- may create is left out, as an operator or a function there could come in the place of one of PostgreSQL's; `pg_temp`,
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
