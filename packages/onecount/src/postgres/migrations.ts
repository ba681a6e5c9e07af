import { readdirSync, readFileSync } from 'node:fs'

/** A numbered migration, applied once and in order. */
export interface Migration {
  readonly name: string
  readonly sql: string
}

/** The folder of the package that has them, from here and from the built module alike. For the command, not for bundles. */
const FOLDER = new URL('../../sql/', import.meta.url)

/** Those of the default kind, whose databases are of many versions. */
export const MIGRATIONS: readonly Migration[] = readdirSync(FOLDER)
  .filter(name => /^\d{4}_\w+\.sql$/.test(name))
  .sort()
  .map(name => ({
    name: name.slice(0, -4),
    sql: readFileSync(new URL(name, FOLDER), 'utf8').replaceAll('\r\n', '\n'),
  }))
