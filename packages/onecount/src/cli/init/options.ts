import { parseOptions } from '../parse-options'

export const HELP = `Looks at your Next.js application and, with DATABASE_URL, at the tables of its database. Writes what onecount needs:
onecount.config, onecount, the route, the proxy, instrumentation, one migration, and names for .env. A file that is there
already is never changed; what it lacks is printed. It can be run again at any time.

  npx onecount init [options]

What is counted. Without these options it is found in the database; where several tables may be meant they are listed:
  --kind NAME           the name of the kind, as like. Several times: several kinds, each found by its name
  --target TABLE        what is liked: articles, blog.articles
  --id TYPE             the type of its ids: uuid, bigint (every integer) or text
  --target-column NAME  the column of the id, id
  --count NAME          the column that shows the count; none: onecount keeps the counts, and begins with the rows
  --rows TABLE          who likes what, one row a pair: article_likes
  --rows-target NAME    its column that names the target: article_id
  --rows-actor NAME     its column that names the person: user_id
  --created-at NAME     its column of the time, created_at; none: there is none
  --actor TYPE          the type of the ids of people: uuid or text

  --database-url URL    the database to look at, where it is not in DATABASE_URL
  --migrations FOLDER   where the migration goes, from here: supabase/migrations, which is made. One outside of the
                        application, ../supabase/migrations, must be there
  --dry-run             writes nothing, and prints what it would write
  --yes                 does not ask. Without a terminal it never asks
  --json                one JSON object on stdout
  --help

Exit code: 0 everything is there, 1 a file of your own lacks lines, which are printed, 2 it could not be done.`

const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean', default: false } as const

/** What says how the tables are mapped. */
export const MAPPING_OPTIONS = {
  target: TEXT,
  id: TEXT,
  'target-column': TEXT,
  count: TEXT,
  rows: TEXT,
  'rows-target': TEXT,
  'rows-actor': TEXT,
  'created-at': TEXT,
  actor: TEXT,
} as const

export type MappingValues = { [name in keyof typeof MAPPING_OPTIONS]?: string } & { kind?: string[] }

/** @throws UsageError */
export const parseInit = (args: string[]) =>
  parseOptions({
    args,
    options: {
      kind: { type: 'string', multiple: true },
      ...MAPPING_OPTIONS,
      'database-url': TEXT,
      migrations: { type: 'string', default: 'supabase/migrations' },
      'dry-run': FLAG,
      yes: FLAG,
      json: FLAG,
      help: FLAG,
    },
  }).values

export type InitValues = ReturnType<typeof parseInit>
