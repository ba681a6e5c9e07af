import type { Problem } from './source'

export interface BuiltMigration {
  /** As in the source folder: `0001_tables`. */
  readonly name: string
  /** As Supabase wants it: `20261101000101_onecount_tables.sql`. */
  readonly fileName: string
  readonly sql: string
}

/** Stamp of the (fictitious) migration 0000; each number is one second later. */
const FIRST_STAMP = Date.UTC(2026, 10, 1, 0, 1, 0)
const GENERATED = '-- Generated from packages/onecount/sql/'

/** Reads `NNNN_name.sql` sources, ordered by number. */
export function buildMigrations(sources: ReadonlyMap<string, string>): {
  migrations: BuiltMigration[]
  problems: Problem[]
} {
  const problems: Problem[] = []
  const migrations: BuiltMigration[] = []
  const numbers = new Map<string, string>()
  for (const [file, sql] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = file.replace(/^.*\//, '').replace(/\.sql$/, '')
    const [, number, title] = /^(\d{4})_([a-z0-9_]+)$/.exec(name) ?? []
    if (number === undefined || title === undefined) {
      problems.push({ file, line: 1, message: 'a migration is named NNNN_name.sql' })
      continue
    }
    const twin = numbers.get(number)
    if (twin) problems.push({ file, line: 1, message: `has the same number as ${twin}` })
    numbers.set(number, file)
    migrations.push({
      name,
      fileName: `${stamp(Number(number))}_onecount_${title}.sql`,
      sql: sql.replaceAll('\r\n', '\n'),
    })
  }
  return { migrations, problems }
}

/** The copy in `supabase/migrations`. */
export function renderSupabaseMigration({ name, sql }: BuiltMigration): string {
  return `${GENERATED}${name}.sql by \`npm run generate\`. Do not edit.\n\n${sql}`
}

/** Whether a file in `supabase/migrations` is one of ours, and so goes when its source does. */
export function isGeneratedMigration(text: string): boolean {
  return text.startsWith(GENERATED)
}

function stamp(number: number): string {
  return new Date(FIRST_STAMP + number * 1000).toISOString().replace(/\D/g, '').slice(0, 14)
}
