import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Migration {
  name: string
  sql: string
}

/** Runs SQL text, several statements at once; answers the rows of the last one. */
export type Exec = (text: string) => Promise<Record<string, unknown>[]>

const FOLDER = join(import.meta.dirname, '../../../../supabase')

/** The migrations a hosted project applies, in order. */
export async function readMigrations(): Promise<Migration[]> {
  const folder = join(FOLDER, 'migrations')
  const files = (await readdir(folder)).filter(file => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async file => ({
      name: file.replace(/\.sql$/, ''),
      sql: await readFile(join(folder, file), 'utf8'),
    })),
  )
}

/** The reference application's posts, and the tables of its demo. */
export async function readSeed(): Promise<string> {
  const files = ['seed.sql', 'demo.sql'].map(name => readFile(join(FOLDER, name), 'utf8'))
  return (await Promise.all(files)).join('\n')
}

/** The roles that every Supabase project has. */
const ROLES = `
do $$ begin
  if not exists (select from pg_roles where rolname = 'anon') then create role anon nologin; end if;
  if not exists (select from pg_roles where rolname = 'authenticated') then create role authenticated nologin; end if;
  if not exists (select from pg_roles where rolname = 'service_role') then
    create role service_role nologin bypassrls;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;
grant usage on schema public to anon, authenticated, service_role;
`

/** Until the end of the transaction. */
export const MIGRATION_LOCK = 'select pg_advisory_xact_lock(7061);'

/**
 * Applies the migrations that were not applied yet, each with its record in one transaction (statements that are sent
 * together are one), and the seed when it is given, which adds nothing where it was applied before. Any number may run at
 * once: one after the other, by a lock.
 *
 * @param options `platform`: what a hosted project has beside the application's tables; runs each time, after the roles
 * and before the first migration
 */
export async function applyMigrations(
  exec: Exec,
  { seed, platform }: { seed?: string; platform?: string } = {},
): Promise<string[]> {
  await exec('create schema if not exists supabase_migrations').catch(() => {})
  await exec(
    'create table if not exists supabase_migrations.schema_migrations (version text primary key)',
  ).catch(() => {})
  const applied = await applyAll(exec, [{ name: 'roles', sql: ROLES }])
  if (platform) await exec(`${MIGRATION_LOCK}\n${platform}`)
  applied.push(...(await applyAll(exec, await readMigrations())))
  if (seed) await applySeed(exec, seed)
  return applied
}

/** Answers the names of those that were not applied before. */
async function applyAll(exec: Exec, migrations: Migration[]): Promise<string[]> {
  const applied: string[] = []
  for (const { name, sql } of migrations) {
    const before = await exec(`select 1 from supabase_migrations.schema_migrations where version = '${name}'`)
    if (before.length > 0) continue
    await exec(`
      ${MIGRATION_LOCK}
      ${sql}
      insert into supabase_migrations.schema_migrations (version) values ('${name}') on conflict do nothing;`)
    applied.push(name)
  }
  return applied
}

/** Fills a migrated database; adds nothing where it was applied before. */
export async function applySeed(exec: Exec, seed: string): Promise<void> {
  await exec(`${MIGRATION_LOCK}\n${seed}`)
}
