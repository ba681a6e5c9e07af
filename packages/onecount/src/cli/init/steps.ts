import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { guide } from '../guide'
import { shellWord } from '../shell'
import type { Application } from './application'
import { findEmptyNames, findFileOf } from './environment'
import type { Planned } from './files'
import type { Report } from './report'
import { OPEN_SESSION } from './server-file'

/** What is left to do by hand, in order. */
export function nextSteps(
  application: Application,
  { config, files }: Pick<Report, 'config' | 'files'>,
  isSupabase: boolean,
): string[] {
  const { root, base, dependencies } = application
  const peers = ['ioredis', isSupabase ? '@supabase/supabase-js' : 'postgres', '@tanstack/react-query']
  const missing = peers.filter(name => !dependencies.has(name))
  const kinds = Object.keys(config.kinds)
  const doctors = kinds.map(kind => `npx onecount doctor${kinds.length > 1 ? ` --kind ${kind}` : ''}`)
  const empty = findEmptyNames(root, isSupabase)
  const migration = files.find(({ path }) => path.endsWith('.sql'))
  const server = files.find(({ path }) => path.startsWith(`${base}onecount.`) && !path.includes('.config.'))
  const mount = files.find(({ path }) => /\/route\.\w+$/.test(path))?.path.includes('/api/onecount/')
  return [
    ...(missing.length > 0 ? [`npm install ${missing.join(' ')}`] : []),
    ...(empty.length > 0 ? [`Give ${empty.join(', ')} a value in .env.local`] : []),
    ...(isIgnored(root, '.env.local') ? [] : ['Add .env.local to .gitignore: it holds a secret']),
    ...(server && currentText(root, server).includes(OPEN_SESSION)
      ? [`In ${server.path} let session return the id of the person who is signed in, or null`]
      : []),
    ...(migration ? [applyStep(root, migration.path)] : []),
    ...(mount
      ? [
          `Give LikesProvider the transport createHttpTransport({ baseUrl: '/api/onecount/likes' }), in a file with 'use client'`,
        ]
      : []),
    `Show the counts in your pages: LikesProvider, onecount.readLikes and useLikes. How: ${guide('adopt')}`,
    `npx onecount backfill && ${doctors.join(' && ')}`,
  ]
}

/** The command of Supabase knows its own folder alone, and a shell no file of settings. */
function applyStep(root: string, path: string): string {
  const load = process.env.DATABASE_URL ? '' : `set -a; . ./${findFileOf(root, 'DATABASE_URL')}; set +a; `
  const psql = `${load}psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f ${shellWord(path)}`
  return `Apply ${path}: ${dirname(path) === 'supabase/migrations' ? `npx supabase db push, or ${psql}` : psql}`
}

function currentText(root: string, { path, text }: Planned): string {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return text
  }
}

/** True also where there is no repository to keep it out of. */
function isIgnored(root: string, path: string): boolean {
  try {
    execFileSync('git', ['check-ignore', '--quiet', path], { cwd: root, stdio: 'ignore' })
    return true
  } catch (error) {
    const NOT_IGNORED = 1
    return (error as { status?: unknown }).status !== NOT_IGNORED
  }
}
