import type { Sql } from 'postgres'
import type { Table } from '../../core/kind'
import { OWN_TABLES } from '../../postgres/kind-names'
import { hasFillingTrigger, isKey, needsValue } from '../required-columns'
import { lookInto } from './look'

export interface Column {
  name: string
  /** As `format_type` has it, without a length: `bigint`, `character varying`. */
  type: string
  isRequired: boolean
  /** It must have a value, and has no default. */
  needsValue: boolean
  /** It is unique by itself. */
  isKey: boolean
}

export interface Reference {
  column: string
  to: Table
  /** The column that it points to. */
  at: string
}

/** A table of the application, as the catalogue of Postgres has it. */
export interface CatalogueTable extends Table {
  columns: Column[]
  /** Columns of each unique index, the primary key's too, sorted. */
  uniques: string[][]
  /** Unique indexes that hold for some of the rows alone, and for which. */
  partialUniques: { columns: string[]; where: string }[]
  /** Foreign keys of one column. */
  references: Reference[]
  /** Names of its triggers, without those of onecount. */
  triggers: string[]
  /** One of them may give a row values before it is inserted. */
  hasFillingTrigger: boolean
}

/** Schemas of Postgres, of Supabase and of its extensions. */
const FOREIGN =
  `_analytics _realtime auth cron extensions graphql graphql_public information_schema net pgbouncer pgmq
  pgsodium pgsodium_masks pgtle realtime repack storage supabase_functions supabase_migrations vault`.split(
    /\s+/,
  )

/** Tables of the kind that there is without a configuration; those of other kinds begin with `onecount_`. */
const OURS = OWN_TABLES.map(name => `like_${name}`)

/** The tables of an application. Reads the catalogue alone. @throws Unreachable */
export const readCatalogue = (databaseUrl: string): Promise<CatalogueTable[]> => lookInto(databaseUrl, query)

/** The columns of the key of an index `i`, sorted. */
const keyNames = (sql: Sql) => sql`
  select array_agg(attname::text order by attname) as names from pg_attribute
   where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])`

const query = (sql: Sql) => sql<CatalogueTable[]>`
  select n.nspname as schema, c.relname as table,
    (select json_agg(json_build_object('name', attname, 'type', format_type(atttypid, null),
                                       'isRequired', attnotnull, 'needsValue', ${needsValue(sql)},
                                       'isKey', ${isKey(sql)}) order by attnum)
       from pg_attribute a join pg_type t on t.oid = a.atttypid
      where attrelid = c.oid and attnum > 0 and not attisdropped) as columns,
    (select coalesce(json_agg(k.names), '[]')
       from pg_index i cross join lateral (${keyNames(sql)}) k
      where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null) as uniques,
    (select coalesce(json_agg(json_build_object('columns', k.names, 'where', pg_get_expr(i.indpred, c.oid))), '[]')
       from pg_index i cross join lateral (${keyNames(sql)}) k
      where i.indrelid = c.oid and i.indisunique and i.indpred is not null) as "partialUniques",
    (select coalesce(json_agg(json_build_object('column', a.attname, 'at', b.attname,
                       'to', json_build_object('schema', tn.nspname, 'table', t.relname))), '[]')
       from pg_constraint f
       join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
       join pg_attribute b on b.attrelid = f.confrelid and b.attnum = f.confkey[1]
       join pg_class t on t.oid = f.confrelid join pg_namespace tn on tn.oid = t.relnamespace
      where f.conrelid = c.oid and f.contype = 'f' and cardinality(f.conkey) = 1) as references,
    (select coalesce(json_agg(tgname order by tgname), '[]')
       from pg_trigger t join pg_proc p on p.oid = t.tgfoid
      where tgrelid = c.oid and not tgisinternal and proname not like 'onecount\\_%') as triggers,
    ${hasFillingTrigger(sql, sql`c.oid`)} as "hasFillingTrigger"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and not c.relispartition
     and n.nspname not in ${sql(FOREIGN)} and n.nspname not like 'pg\\_%'
     and c.relname not like 'onecount\\_%' and c.relname not in ${sql(OURS)}
     and exists (select from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped)
   order by n.nspname, c.relname`
