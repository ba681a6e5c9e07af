import { applyMigrations, readMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { DEFAULT_KIND_CONFIG, defineConfig } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

/** Functions that the migrations leave for processes of a version before; a kind has none of these processes. */
const OF_VERSIONS_BEFORE = [
  'onecount_fallback(uuid,text,bigint,bigint)',
  'onecount_is_outage(text)',
  'onecount_peek(uuid[],text,uuid[],text[],bigint[])',
  'onecount_snapshot(uuid[])',
  'onecount_spare(uuid[],text[],bigint[],bigint[],boolean,bigint,bigint)',
  'onecount_status(integer)',
  'onecount_sync(integer,text,text,uuid[],text[],bigint[],bigint[],uuid[],text[],bigint[],integer,text)',
  'onecount_write(uuid[],text[],bigint[],bigint,bigint)',
  'onecount_write_one(uuid,text,bigint,bigint,bigint)',
  'onecount_write_sparing(uuid[],text[],bigint[],bigint,bigint)',
]
/** In a kind it only drops: what tries again is for a version before. Look at the template when this text changes. */
const DIFFERENT = ['onecount_resolve_refused(uuid[],text[],bigint[],boolean)']

interface Catalogue {
  functions: Map<string, { definition: string; privileges: string[] }>
  columns: readonly unknown[]
  constraints: readonly unknown[]
  indexes: readonly unknown[]
  triggers: readonly unknown[]
  tables: readonly unknown[]
  published: readonly unknown[]
}

async function catalogueOf(sql: Sql): Promise<Catalogue> {
  const functions = await sql`
    select oid::regprocedure::text as name, pg_get_functiondef(oid) as definition,
           array(select unnest(proacl)::text order by 1) as privileges
      from pg_proc where pronamespace = 'public'::regnamespace`
  return {
    functions: new Map(
      functions.map(({ name, definition, privileges }) => [
        name.replace(/^public\./, ''),
        { definition, privileges },
      ]),
    ),
    columns: await sql`
      select table_name, column_name, data_type, column_default, is_nullable, is_identity, identity_generation
        from information_schema.columns where table_schema = 'public' order by 1, 2`,
    constraints: await sql`
      select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition, convalidated
        from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`,
    indexes:
      await sql`select tablename, indexname, indexdef from pg_indexes where schemaname = 'public' order by 1, 2`,
    triggers: await sql`
      select tgrelid::regclass::text as table, tgname, pg_get_triggerdef(oid) as definition, tgenabled
        from pg_trigger where not tgisinternal order by 1, 2`,
    tables: await sql`
      select relname, relrowsecurity, array(select unnest(relacl)::text order by 1) as privileges
        from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
    published: await sql`select pubname, tablename from pg_publication_tables order by 1, 2`,
  }
}

const server = forAllTests(() => startPostgresServer({ fsync: false }))
const connections: Sql[] = []
let migrated: Catalogue
let made: Catalogue
beforeAll(async () => {
  const open = async (name: string) => {
    const sql = connect(await server.createDatabase(name), { max: 1 })
    connections.push(sql)
    return sql
  }
  const [whole, fresh] = [await open('migrated'), await open('made')]
  await applyMigrations(async text => [...(await whole.unsafe(text))])
  const content = (await readMigrations()).filter(({ name }) => !name.includes('onecount'))
  await fresh.unsafe('grant usage on schema public to anon, authenticated, service_role')
  for (const { sql } of content) await fresh.unsafe(sql)
  const { like } = defineConfig({ kinds: { like: DEFAULT_KIND_CONFIG } }).kinds
  await fresh.unsafe(kindSql(like))
  ;[migrated, made] = [await catalogueOf(whole), await catalogueOf(fresh)]
})
afterAll(async () => {
  for (const sql of connections) await sql.end()
})

describe('the SQL of kinds, filled for the tables of the default kind', () => {
  it('makes every function that the migrations leave, to the letter', () => {
    const names = [...migrated.functions.keys()].filter(name => !OF_VERSIONS_BEFORE.includes(name))
    expect([...made.functions.keys()].sort()).toEqual(names.sort())
    for (const name of names.filter(name => !DIFFERENT.includes(name)))
      expect(made.functions.get(name)!.definition, name).toBe(migrated.functions.get(name)!.definition)
  })

  it('knows the functions of versions before by name', () => {
    for (const name of [...OF_VERSIONS_BEFORE, ...DIFFERENT])
      expect([...migrated.functions.keys()]).toContain(name)
  })

  it('lets the same roles call them', () => {
    for (const [name, { privileges }] of made.functions)
      expect(privileges, name).toEqual(migrated.functions.get(name)!.privileges)
  })

  it.each(['columns', 'constraints', 'indexes', 'triggers', 'tables', 'published'] as const)(
    'leaves the same %s',
    part => {
      expect(made[part]).toEqual(migrated[part])
    },
  )
})
