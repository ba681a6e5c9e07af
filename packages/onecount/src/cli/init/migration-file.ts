import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { UsageError } from '../settings'
import type { Planned } from './files'

/** Of the files that `init` wrote, and of those that `npx onecount uninstall` was written to. */
const OURS = /^(\d+)_onecount(_uninstall)?\.sql$/

/** The folder that `--migrations` names. @throws UsageError */
export function migrationFolder(given: string): string {
  if (isAbsolute(given))
    throw new UsageError(
      `--migrations ${given} cannot be used: name a folder from here, as supabase/migrations`,
    )
  return normalize(given).replace(/\/$/, '')
}

/** One more migration, unless the newest one of onecount is this SQL. */
export function planMigration(root: string, folder: string, sql: string, now: Date): Planned {
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort(byNumber) : []
  const newest = names.findLast(name => OURS.test(name))
  const text = newest && readFileSync(join(root, folder, newest), 'utf8')
  if (newest && text === sql) return { path: `${folder}/${newest}`, text: sql, state: 'unchanged' }
  const last = Math.max(0, ...names.map(numberOf))
  const number = Math.max(Number(timestamp(now)), last + 1)
  return { path: `${folder}/${number}_onecount.sql`, text: sql, state: 'write' }
}

const numberOf = (name: string): number => Number(/^\d+(?=_)/.exec(name)?.[0] ?? 0)
const byNumber = (a: string, b: string): number => numberOf(a) - numberOf(b)

/** `20261201093000`, in UTC. */
const timestamp = (now: Date): string => now.toISOString().replace(/\D/g, '').slice(0, 14)
