import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { UsageError } from '../settings'
import type { Planned } from './files'

/** Of the files that `init` wrote, and of those that `npx onecount uninstall` was written to. */
const OURS = /^(\d+)_onecount(_uninstall)?\.sql$/

/**
 * The folder that `--migrations` names, from `root`. One inside of the application is made where it is not there; one
 * outside of it, as a monorepo has it, must be there: a mistyped path would leave a file where no tool looks for it.
 * @throws UsageError
 */
export function migrationFolder(root: string, given: string): string {
  const refuse = (why: string): never => {
    throw new UsageError(`--migrations ${given} ${why}`)
  }
  if (isAbsolute(given)) refuse('cannot be used: name a folder from here, as supabase/migrations')
  const folder = normalize(given).replace(/\/$/, '')
  const path = join(root, folder)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found && !found.isDirectory()) refuse('is a file: name a folder, as supabase/migrations')
  if (!found && isOutside(folder))
    refuse(`is outside of this application, and ${path} is not there: make it first, or name another folder`)
  return folder
}

/** Where a migration outside of the application is, for people. */
export const noteOnFolder = (root: string, folder: string): string[] =>
  isOutside(folder)
    ? [`${folder} is outside of this application: its migrations are in ${realpathSync(join(root, folder))}`]
    : []

const isOutside = (folder: string): boolean => folder.split(/[\\/]/)[0] === '..'

/** The names of all migrations, in order, and the newest one of onecount, if there is one. */
export function readMigrations(root: string, folder: string): Migrations {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort(byNumber) : []
  const name = names.findLast(name => OURS.test(name))
  return {
    folder,
    names,
    ...(name && { newest: { name, text: readFileSync(join(root, folder, name), 'utf8') } }),
  }
}

export interface Migrations {
  folder: string
  names: string[]
  newest?: { name: string; text: string }
}

/** One more migration, unless the newest one of onecount is this SQL. */
export function planMigration({ folder, names, newest }: Migrations, sql: string, now: Date): Planned {
  if (newest?.text === sql) return { path: `${folder}/${newest.name}`, text: sql, state: 'unchanged' }
  const last = Math.max(0, ...names.map(numberOf))
  const number = Math.max(Number(timestamp(now)), last + 1)
  return { path: `${folder}/${number}_onecount.sql`, text: sql, state: 'write' }
}

const numberOf = (name: string): number => Number(/^\d+(?=_)/.exec(name)?.[0] ?? 0)
const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b)

/** `20261201093000`, in UTC. */
const timestamp = (now: Date): string => now.toISOString().replace(/\D/g, '').slice(0, 14)
