import type { Sql } from 'postgres'

/** What the catalogue has of everything in these schemas that a migration can make, change or take away. */
export async function catalogueOf(sql: Sql, schemas: string[]) {
  const inSchemas = sql`= any (${schemas})`
  const rows = async (query: PromiseLike<readonly unknown[]>) =>
    (await query).map(row => ({ ...(row as Record<string, unknown>) }))
  return {
    relations: await rows(sql`
      select oid::regclass::text as name, relkind, relrowsecurity, relforcerowsecurity,
             relreplident, obj_description(oid, 'pg_class') as comment
        from pg_class where relnamespace::regnamespace::text ${inSchemas} order by 1`),
    columns: await rows(sql`
      select table_schema, table_name, column_name, data_type, column_default, is_nullable, is_identity
        from information_schema.columns where quote_ident(table_schema) ${inSchemas} order by 1, 2, 3`),
    constraints: await rows(sql`
      select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition, convalidated
        from pg_constraint where connamespace::regnamespace::text ${inSchemas} order by 1, 2`),
    indexes: await rows(sql`
      select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition, indisvalid
        from pg_index i join pg_class c on c.oid = i.indrelid
       where c.relnamespace::regnamespace::text ${inSchemas} order by 1`),
    triggers: await rows(sql`
      select tgrelid::regclass::text as table, tgname, pg_get_triggerdef(oid) as definition, tgenabled
        from pg_trigger where not tgisinternal order by 1, 2`),
    functions: await rows(sql`
      select oid::regprocedure::text as name, prosrc, proacl::text
        from pg_proc where pronamespace::regnamespace::text ${inSchemas} order by 1`),
    policies: await rows(sql`
      select polrelid::regclass::text as table, polname, pg_get_expr(polqual, polrelid) as condition
        from pg_policy order by 1, 2`),
    rights: await rows(sql`
      select c.oid::regclass::text as name, '' as column, a.grantee::regrole::text as role, a.privilege_type
        from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault(
          case c.relkind when 'S' then 's'::"char" else 'r'::"char" end, c.relowner))) a
       where c.relnamespace::regnamespace::text ${inSchemas} and c.relkind in ('r', 'v', 'S', 'p')
      union all
      select c.oid::regclass::text, t.attname, a.grantee::regrole::text, a.privilege_type
        from pg_class c join pg_attribute t on t.attrelid = c.oid and not t.attisdropped
             cross join aclexplode(t.attacl) a
       where c.relnamespace::regnamespace::text ${inSchemas}
      union all
      select n.oid::regnamespace::text, '', a.grantee::regrole::text, a.privilege_type
        from pg_namespace n cross join aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
       where n.oid::regnamespace::text ${inSchemas}
      order by 1, 2, 3, 4`),
    publications: await rows(sql`
      select p.pubname, p.puballtables, r.prrelid::regclass::text as table
        from pg_publication p left join pg_publication_rel r on r.prpubid = p.oid order by 1, 3`),
  }
}
